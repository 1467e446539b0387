// A 64-bit counter in two halves, so that no carry runs over 64 bits in a cycle. Reading the low half (latch_i) keeps the high half.
//
// high_o belongs to the low_o of the cycle of latch_i, whatever happens afterwards. The count is two cycles behind increment_i.

module wide_counter #(
  parameter int unsigned IncrementWidth = 1
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      clear_i,
  input  logic [IncrementWidth-1:0] increment_i,
  input  logic                      latch_i,
  output logic [31:0]               low_o,
  output logic [31:0]               high_o
);

  logic [IncrementWidth-1:0] increment_q;
  logic [31:0]               low_q, high_q, latched_q;
  logic                      carry_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      increment_q <= '0;
      low_q       <= '0;
      high_q      <= '0;
      carry_q     <= 1'b0;
      latched_q   <= '0;
    end else if (clear_i) begin
      increment_q <= '0;
      low_q       <= '0;
      high_q      <= '0;
      carry_q     <= 1'b0;
      latched_q   <= '0;
    end else begin
      increment_q      <= increment_i;
      {carry_q, low_q} <= {1'b0, low_q} + 33'(increment_q);
      high_q           <= high_q + 32'(carry_q);
      // A carry still on its way belongs to the low half that is being read.
      if (latch_i) latched_q <= high_q + 32'(carry_q);
    end
  end

  assign low_o  = low_q;
  assign high_o = latched_q;

endmodule
