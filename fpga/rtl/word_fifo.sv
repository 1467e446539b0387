// A queue of words whose head is in a register.
//
// Capacity 2^DepthLog2 words; the writer sees to it that there is room (level_o counts what is inside). A word comes out two
// cycles after it went in, then one word a cycle.
// While clear_i is high the queue is empty and its memory is overwritten with zeros, a word a cycle; cleared_o then says that
// this is done, after 2^DepthLog2 + 1 cycles. Until the first clearing the memory holds what it held at power-up. Words that were taken
// stay in the memory until they are overwritten or cleared; the head shows zeros when it shows no word.

module word_fifo #(
  parameter int unsigned Width = 64,
  parameter int unsigned DepthLog2 = 7
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               clear_i,
  output logic               cleared_o,

  input  logic               wr_valid_i,
  input  logic [Width-1:0]   wr_data_i,

  output logic               rd_valid_o,
  input  logic               rd_ready_i,
  output logic [Width-1:0]   rd_data_o,

  output logic [DepthLog2:0] level_o
);

  localparam int unsigned Depth = 2 ** DepthLog2;
  typedef logic [DepthLog2:0] count_t;

  logic [Width-1:0] memory [Depth];

  // One bit more than an address needs tells a full queue from an empty one; clearing walks with the write pointer.
  count_t wr_ptr_q, rd_ptr_q, level_q;
  logic   head_valid_q, clearing_q, cleared_q;
  logic [Width-1:0] head_q;

  logic stored, load, pop;
  assign stored = wr_ptr_q != rd_ptr_q;
  assign pop    = head_valid_q && rd_ready_i;
  assign load   = stored && (!head_valid_q || rd_ready_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_ptr_q     <= '0;
      rd_ptr_q     <= '0;
      level_q      <= '0;
      head_valid_q <= 1'b0;
      clearing_q   <= 1'b0;
      cleared_q    <= 1'b0;
    end else if (clear_i) begin
      // The first cycle only rewinds, so that every clearing covers the whole memory.
      clearing_q   <= 1'b1;
      wr_ptr_q     <= clearing_q && !cleared_q ? wr_ptr_q + count_t'(1) : '0;
      cleared_q    <= cleared_q || (clearing_q && wr_ptr_q == count_t'(Depth - 1));
      rd_ptr_q     <= '0;
      level_q      <= '0;
      head_valid_q <= 1'b0;
    end else if (clearing_q) begin
      clearing_q <= 1'b0;
      cleared_q  <= 1'b0;
      wr_ptr_q   <= '0;
    end else begin
      wr_ptr_q     <= wr_ptr_q + count_t'(wr_valid_i);
      rd_ptr_q     <= rd_ptr_q + count_t'(load);
      level_q      <= level_q + count_t'(wr_valid_i) - count_t'(pop);
      head_valid_q <= load || (head_valid_q && !rd_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (clear_i || clearing_q) memory[wr_ptr_q[DepthLog2-1:0]] <= '0;
    else if (wr_valid_i) memory[wr_ptr_q[DepthLog2-1:0]] <= wr_data_i;
    // Zeros before words: a block memory's output register has a reset that comes first.
    if (clear_i || clearing_q || (pop && !stored)) head_q <= '0;
    else if (load) head_q <= memory[rd_ptr_q[DepthLog2-1:0]];
  end

  assign cleared_o  = cleared_q && clear_i;
  assign rd_valid_o = head_valid_q;
  assign rd_data_o  = head_q;
  assign level_o    = level_q;

`ifdef FORMAL_WORD_FIFO
`include "word_fifo_properties.svh"
`endif

endmodule
