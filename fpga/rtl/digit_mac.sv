// One digit multiplier with its adder: p_o(t + 3) = x_i(t) * y_i(t) + c_i(t + 1).
//
// A module of its own so that synthesis can put a DSP block in its place with the block's own registers: three stages, no reset, no
// enable. Operands are unsigned; the caller sees to it that the sum fits WP bits.

module digit_mac #(
  parameter int unsigned WX = 26,
  parameter int unsigned WY = 17,
  parameter int unsigned WC = 44,
  parameter int unsigned WP = 45
) (
  input  logic          clk_i,
  input  logic [WX-1:0] x_i,
  input  logic [WY-1:0] y_i,
  input  logic [WC-1:0] c_i,
  output logic [WP-1:0] p_o
);

  logic [WX-1:0]    x_q;
  logic [WY-1:0]    y_q;
  logic [WX+WY-1:0] m_q;
  logic [WC-1:0]    c_q;
  logic [WP-1:0]    p_q;

  always_ff @(posedge clk_i) begin
    x_q <= x_i;
    y_q <= y_i;
    m_q <= (WX+WY)'(x_q) * (WX+WY)'(y_q);
    c_q <= c_i;
    p_q <= WP'(c_q) + WP'(m_q);
  end

  assign p_o = p_q;

endmodule
