// The counters of the register map that are wider than a register, and the sums over engines that feed them.
//
// clear_i sets all to zero; latch_i: the host reads the low half of a counter now. A cause is counted three cycles later.

module card_counters #(
  parameter int unsigned Engines = 2
) (
  input  logic               clk_i,
  input  logic               rst_ni,
  input  logic               clear_i,

  // Host memory: words moved this cycle. Engines: see fpga/docs/interfaces.md.
  input  logic               dma_read_i,
  input  logic               dma_write_i,
  input  logic [Engines-1:0] product_i,
  input  logic [Engines-1:0] row_i,
  input  logic [Engines-1:0] active_i,
  input  logic [Engines-1:0] wait_i,

  // In the order of the register map: bytes, cycles, products, rows, active, wait
  input  logic [5:0]         latch_i,
  output logic [5:0][31:0]   low_o,
  output logic [5:0][31:0]   high_o
);

  localparam int unsigned SumWidth = $clog2(Engines + 1);
  typedef logic [SumWidth-1:0] sum_t;

  function automatic sum_t sum(logic [Engines-1:0] bits);
    sum = '0;
    for (int unsigned e = 0; e < Engines; e++) sum = sum + sum_t'(bits[e]);
  endfunction

  logic [4:0] bytes_q;
  sum_t       products_q, rows_q, active_q, wait_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bytes_q    <= '0;
      products_q <= '0;
      rows_q     <= '0;
      active_q   <= '0;
      wait_q     <= '0;
    end else begin
      bytes_q    <= {1'b0, dma_read_i, 3'd0} + {1'b0, dma_write_i, 3'd0};
      products_q <= sum(product_i);
      rows_q     <= sum(row_i);
      active_q   <= sum(active_i);
      wait_q     <= sum(wait_i);
    end
  end

  wide_counter #(
    .IncrementWidth (5)
  ) u_bytes (
    .clk_i, .rst_ni, .clear_i, .increment_i(bytes_q), .latch_i(latch_i[0]), .low_o(low_o[0]), .high_o(high_o[0])
  );

  wide_counter #(
    .IncrementWidth (1)
  ) u_cycles (
    .clk_i, .rst_ni, .clear_i, .increment_i(1'b1), .latch_i(latch_i[1]), .low_o(low_o[1]), .high_o(high_o[1])
  );

  wide_counter #(
    .IncrementWidth (SumWidth)
  ) u_products (
    .clk_i, .rst_ni, .clear_i, .increment_i(products_q), .latch_i(latch_i[2]), .low_o(low_o[2]), .high_o(high_o[2])
  );

  wide_counter #(
    .IncrementWidth (SumWidth)
  ) u_rows (
    .clk_i, .rst_ni, .clear_i, .increment_i(rows_q), .latch_i(latch_i[3]), .low_o(low_o[3]), .high_o(high_o[3])
  );

  wide_counter #(
    .IncrementWidth (SumWidth)
  ) u_active (
    .clk_i, .rst_ni, .clear_i, .increment_i(active_q), .latch_i(latch_i[4]), .low_o(low_o[4]), .high_o(high_o[4])
  );

  wide_counter #(
    .IncrementWidth (SumWidth)
  ) u_wait (
    .clk_i, .rst_ni, .clear_i, .increment_i(wait_q), .latch_i(latch_i[5]), .low_o(low_o[5]), .high_o(high_o[5])
  );

endmodule
