// One engine with a place for its pins: place and route needs a top with real ones, and an engine has some 600.
//
// All inputs come out of one shift register, all outputs go into another: shift_i moves both by a bit, load_i hands what was shifted
// in to the engine and samples its outputs. Registers stand on both sides, so that no path between engine and pins is timed.
// For area and timing alone; it computes as the engine does, at a crawl.

module ecp5_top #(
  parameter int unsigned WA      = 18,
  parameter int unsigned WB      = 18,
  parameter int unsigned Columns = 16
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic shift_i,
  input  logic load_i,
  input  logic d_i,
  output logic d_o
);

  localparam int unsigned JobBits = 289;
  localparam int unsigned InBits  = JobBits + 1 + 1 + 1 + 1 + 1 + 64 + 1 + 1 + 1 + 1 + 1;
  localparam int unsigned OutBits = 1 + 1 + 8 + 8 + 1 + 2 * (1 + 1 + 64 + 9) + 1 + 1 + 64 + 3;

  logic [InBits-1:0]  in_shift_q, in_q;
  logic [OutBits-1:0] out, out_q, out_shift_q;
  logic [1:0]         rst_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) rst_q <= '0;
    else         rst_q <= {rst_q[0], 1'b1};
  end

  always_ff @(posedge clk_i) begin
    if (shift_i) in_shift_q <= {in_shift_q[InBits-2:0], d_i};
    if (load_i)  in_q       <= in_shift_q;
    out_q <= out;
    if (load_i)       out_shift_q <= out_q;
    else if (shift_i) out_shift_q <= {out_shift_q[OutBits-2:0], 1'b0};
  end

  assign d_o = out_shift_q[OutBits-1];

  logic                   job_valid, done_ready, wipe, rd_req_ready, rd_valid, rd_error, wr_req_ready, wr_ready, wr_done, wr_error;
  logic [63:0]            rd_data;
  card_pkg::engine_job_t  job;

  assign {job, job_valid, done_ready, wipe, rd_req_ready, rd_valid, rd_data, rd_error, wr_req_ready, wr_ready, wr_done, wr_error} = in_q;

  logic        job_ready, done_valid, wiped, rd_req_valid, rd_req_space, rd_ready, wr_req_valid, wr_req_space, wr_valid;
  logic        count_product, count_row, count_wait;
  logic [7:0]  done_status, done_fault;
  logic [63:0] rd_req_addr, wr_req_addr, wr_data;
  logic [8:0]  rd_req_words, wr_req_words;

  assign out = {
    job_ready, done_valid, done_status, done_fault, wiped, rd_req_valid, rd_req_space, rd_req_addr, rd_req_words, rd_ready,
    wr_req_valid, wr_req_space, wr_req_addr, wr_req_words, wr_valid, wr_data, count_product, count_row, count_wait
  };

  engine #(
    .WA(WA), .WB(WB), .Columns(Columns)
  ) u_engine (
    .clk_i, .rst_ni(rst_q[1]),
    .job_valid_i(job_valid), .job_ready_o(job_ready), .job_i(job),
    .done_valid_o(done_valid), .done_ready_i(done_ready), .done_status_o(done_status), .done_fault_o(done_fault),
    .wipe_i(wipe), .wiped_o(wiped),
    .rd_req_valid_o(rd_req_valid), .rd_req_ready_i(rd_req_ready), .rd_req_space_o(rd_req_space), .rd_req_addr_o(rd_req_addr),
    .rd_req_words_o(rd_req_words), .rd_valid_i(rd_valid), .rd_ready_o(rd_ready), .rd_data_i(rd_data), .rd_error_i(rd_error),
    .wr_req_valid_o(wr_req_valid), .wr_req_ready_i(wr_req_ready), .wr_req_space_o(wr_req_space), .wr_req_addr_o(wr_req_addr),
    .wr_req_words_o(wr_req_words), .wr_valid_o(wr_valid), .wr_ready_i(wr_ready), .wr_data_o(wr_data), .wr_done_i(wr_done),
    .wr_error_i(wr_error),
    .count_product_o(count_product), .count_row_o(count_row), .count_wait_o(count_wait)
  );

endmodule
