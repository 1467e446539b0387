// digit_mac in a MULT18X18D with its own registers; the adder is in the fabric. Takes the place of fpga/rtl/digit_mac.sv.
// Stages: A and B registers, output register, sum. WX and WY are at most 18.

module digit_mac #(
  parameter int unsigned WX = 18,
  parameter int unsigned WY = 18,
  parameter int unsigned WC = 37,
  parameter int unsigned WP = 38
) (
  input  logic          clk_i,
  input  logic [WX-1:0] x_i,
  input  logic [WY-1:0] y_i,
  input  logic [WC-1:0] c_i,
  output logic [WP-1:0] p_o
);

  logic [17:0]   x, y;
  logic [35:0]   m_q;
  logic [WC-1:0] c_q;
  logic [WP-1:0] p_q;

  assign x = 18'(x_i);
  assign y = 18'(y_i);

  MULT18X18D #(
    .REG_INPUTA_CLK("CLK0"), .REG_INPUTB_CLK("CLK0"), .REG_OUTPUT_CLK("CLK0")
  ) u_mult (
    .CLK0(clk_i), .CE0(1'b1), .RST0(1'b0), .SIGNEDA(1'b0), .SIGNEDB(1'b0), .SOURCEA(1'b0), .SOURCEB(1'b0),
    .A0(x[0]), .A1(x[1]), .A2(x[2]), .A3(x[3]), .A4(x[4]), .A5(x[5]),
    .A6(x[6]), .A7(x[7]), .A8(x[8]), .A9(x[9]), .A10(x[10]), .A11(x[11]),
    .A12(x[12]), .A13(x[13]), .A14(x[14]), .A15(x[15]), .A16(x[16]), .A17(x[17]),
    .B0(y[0]), .B1(y[1]), .B2(y[2]), .B3(y[3]), .B4(y[4]), .B5(y[5]),
    .B6(y[6]), .B7(y[7]), .B8(y[8]), .B9(y[9]), .B10(y[10]), .B11(y[11]),
    .B12(y[12]), .B13(y[13]), .B14(y[14]), .B15(y[15]), .B16(y[16]), .B17(y[17]),
    .P0(m_q[0]), .P1(m_q[1]), .P2(m_q[2]), .P3(m_q[3]), .P4(m_q[4]), .P5(m_q[5]),
    .P6(m_q[6]), .P7(m_q[7]), .P8(m_q[8]), .P9(m_q[9]), .P10(m_q[10]), .P11(m_q[11]),
    .P12(m_q[12]), .P13(m_q[13]), .P14(m_q[14]), .P15(m_q[15]), .P16(m_q[16]), .P17(m_q[17]),
    .P18(m_q[18]), .P19(m_q[19]), .P20(m_q[20]), .P21(m_q[21]), .P22(m_q[22]), .P23(m_q[23]),
    .P24(m_q[24]), .P25(m_q[25]), .P26(m_q[26]), .P27(m_q[27]), .P28(m_q[28]), .P29(m_q[29]),
    .P30(m_q[30]), .P31(m_q[31]), .P32(m_q[32]), .P33(m_q[33]), .P34(m_q[34]), .P35(m_q[35])
  );

  always_ff @(posedge clk_i) begin
    c_q <= c_i;
    p_q <= WP'(c_q) + WP'(m_q[WX+WY-1:0]);
  end

  assign p_o = p_q;

endmodule
