// The host's two rings: fetches descriptors from one, writes completions into the other.
//
// All indices are free-running and modulo 2^16; an entry is the index modulo the ring's size. The halves are independent; see
// descriptor_fetch and completion_writer. clear_i (level): everything is forgotten and indices start at 0 again.

module ring_unit (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,

  input  logic                   run_i,
  input  logic [63:0]            submission_base_i,
  input  logic [63:0]            completion_base_i,
  input  logic [3:0]             log2_i,
  input  logic [15:0]            tail_i,
  input  logic [15:0]            head_i,
  output logic [15:0]            written_o,
  output logic [15:0]            acknowledged_o,
  output logic                   completed_o,
  output logic                   fault_o,       // level until clear_i
  output logic [7:0]             fault_code_o,

  output logic                   descriptor_valid_o,
  input  logic                   descriptor_ready_i,
  output logic [511:0]           descriptor_o,
  input  logic                   completion_valid_i,
  output logic                   completion_ready_o,
  input  shell_pkg::completion_t completion_i,

  output logic                   rd_req_valid_o,
  input  logic                   rd_req_ready_i,
  output logic [63:0]            rd_req_addr_o,
  output logic [8:0]             rd_req_words_o,
  input  logic                   rd_valid_i,
  output logic                   rd_ready_o,
  input  logic [63:0]            rd_data_i,
  input  logic                   rd_error_i,
  output logic                   wr_req_valid_o,
  input  logic                   wr_req_ready_i,
  output logic [63:0]            wr_req_addr_o,
  output logic [8:0]             wr_req_words_o,
  output logic                   wr_valid_o,
  input  logic                   wr_ready_i,
  output logic [63:0]            wr_data_o,
  input  logic                   wr_done_i,
  input  logic                   wr_error_i
);

  logic [15:0] index_mask_q, unused_fetched;
  logic        fetch_fault, write_fault;
  logic [7:0]  write_code;

  always_ff @(posedge clk_i) index_mask_q <= (16'd1 << log2_i) - 16'd1;

  descriptor_fetch u_fetch (
    .clk_i,
    .rst_ni,
    .clear_i,
    .run_i,
    .base_i       (submission_base_i),
    .index_mask_i (index_mask_q),
    .tail_i,
    .fetched_o    (unused_fetched),
    .fault_o      (fetch_fault),
    .rd_req_valid_o,
    .rd_req_ready_i,
    .rd_req_addr_o,
    .rd_req_words_o,
    .rd_valid_i,
    .rd_ready_o,
    .rd_data_i,
    .rd_error_i,
    .descriptor_valid_o,
    .descriptor_ready_i,
    .descriptor_o
  );

  completion_writer u_writer (
    .clk_i,
    .rst_ni,
    .clear_i,
    .run_i,
    .base_i       (completion_base_i),
    .log2_i,
    .index_mask_i (index_mask_q),
    .head_i,
    .written_o,
    .acknowledged_o,
    .completed_o,
    .fault_o      (write_fault),
    .fault_code_o (write_code),
    .completion_valid_i,
    .completion_ready_o,
    .completion_i,
    .wr_req_valid_o,
    .wr_req_ready_i,
    .wr_req_addr_o,
    .wr_req_words_o,
    .wr_valid_o,
    .wr_ready_i,
    .wr_data_o,
    .wr_done_i,
    .wr_error_i
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fault_o      <= 1'b0;
      fault_code_o <= card_pkg::FaultNone;
    end else begin
      fault_o      <= (fetch_fault || write_fault) && !clear_i;
      fault_code_o <= write_fault ? write_code : card_pkg::FaultDma;
    end
  end

endmodule
