// The card: registers on AXI4-Lite, rings and operands in host memory on one AXI4 master, tables and vectors in its own memory on
// the other.
//
// fpga/docs/interfaces.md says what the blocks promise each other. Contexts is a power of two and at least 2, as is Slots; Engines is
// 1..255.
// The masters use id 0 alone, bursts of 1..64 words that cross no multiple of 512 bytes, and keep BREADY and RREADY high.
// After rst_ni, after CONTROL.reset and when it locks, the card zeroizes engines, buffers and card memory (card_control).

module card #(
  parameter int unsigned Engines = 2,
  parameter int unsigned Slots = 4,
  parameter int unsigned Columns = 16,
  parameter int unsigned WA = 17,
  parameter int unsigned WB = 26,
  parameter int unsigned Contexts = 16,
  parameter int unsigned TableLog2 = 20,
  parameter int unsigned VectorLog2 = 20,
  parameter int unsigned MaxItems = 4096,
  parameter int unsigned PatienceLog2 = 23,  // more cycles than an engine's sweep
  parameter logic [31:0] BuildHash = 32'd0,
  parameter logic [7:0] Kind = 8'd3
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  output logic        irq_o,

  input  logic [11:0]  s_axil_awaddr,
  input  logic [2:0]   s_axil_awprot,
  input  logic         s_axil_awvalid,
  output logic         s_axil_awready,
  input  logic [31:0]  s_axil_wdata,
  input  logic [3:0]   s_axil_wstrb,
  input  logic         s_axil_wvalid,
  output logic         s_axil_wready,
  output logic [1:0]   s_axil_bresp,
  output logic         s_axil_bvalid,
  input  logic         s_axil_bready,
  input  logic [11:0]  s_axil_araddr,
  input  logic [2:0]   s_axil_arprot,
  input  logic         s_axil_arvalid,
  output logic         s_axil_arready,
  output logic [31:0]  s_axil_rdata,
  output logic [1:0]   s_axil_rresp,
  output logic         s_axil_rvalid,
  input  logic         s_axil_rready,

  output logic [3:0]   m_host_awid,
  output logic [63:0]  m_host_awaddr,
  output logic [7:0]   m_host_awlen,
  output logic [2:0]   m_host_awsize,
  output logic [1:0]   m_host_awburst,
  output logic [3:0]   m_host_awcache,
  output logic [2:0]   m_host_awprot,
  output logic         m_host_awvalid,
  input  logic         m_host_awready,
  output logic [63:0]  m_host_wdata,
  output logic [7:0]   m_host_wstrb,
  output logic         m_host_wlast,
  output logic         m_host_wvalid,
  input  logic         m_host_wready,
  input  logic [3:0]   m_host_bid,
  input  logic [1:0]   m_host_bresp,
  input  logic         m_host_bvalid,
  output logic         m_host_bready,
  output logic [3:0]   m_host_arid,
  output logic [63:0]  m_host_araddr,
  output logic [7:0]   m_host_arlen,
  output logic [2:0]   m_host_arsize,
  output logic [1:0]   m_host_arburst,
  output logic [3:0]   m_host_arcache,
  output logic [2:0]   m_host_arprot,
  output logic         m_host_arvalid,
  input  logic         m_host_arready,
  input  logic [3:0]   m_host_rid,
  input  logic [63:0]  m_host_rdata,
  input  logic [1:0]   m_host_rresp,
  input  logic         m_host_rlast,
  input  logic         m_host_rvalid,
  output logic         m_host_rready,

  output logic [3:0]   m_mem_awid,
  output logic [39:0]  m_mem_awaddr,
  output logic [7:0]   m_mem_awlen,
  output logic [2:0]   m_mem_awsize,
  output logic [1:0]   m_mem_awburst,
  output logic [3:0]   m_mem_awcache,
  output logic [2:0]   m_mem_awprot,
  output logic         m_mem_awvalid,
  input  logic         m_mem_awready,
  output logic [63:0]  m_mem_wdata,
  output logic [7:0]   m_mem_wstrb,
  output logic         m_mem_wlast,
  output logic         m_mem_wvalid,
  input  logic         m_mem_wready,
  input  logic [3:0]   m_mem_bid,
  input  logic [1:0]   m_mem_bresp,
  input  logic         m_mem_bvalid,
  output logic         m_mem_bready,
  output logic [3:0]   m_mem_arid,
  output logic [39:0]  m_mem_araddr,
  output logic [7:0]   m_mem_arlen,
  output logic [2:0]   m_mem_arsize,
  output logic [1:0]   m_mem_arburst,
  output logic [3:0]   m_mem_arcache,
  output logic [2:0]   m_mem_arprot,
  output logic         m_mem_arvalid,
  input  logic         m_mem_arready,
  input  logic [3:0]   m_mem_rid,
  input  logic [63:0]  m_mem_rdata,
  input  logic [1:0]   m_mem_rresp,
  input  logic         m_mem_rlast,
  input  logic         m_mem_rvalid,
  output logic         m_mem_rready
);

  localparam int unsigned RegionLog2 = TableLog2 > VectorLog2 ? TableLog2 : VectorLog2;

  // ---- Host side ----
  logic        run, completed, fault, flush, flushed, wipe, engines_wiped_q, sweep_all, sweep_done, sweep_error;
  logic [63:0] submission_base, completion_base;
  logic [3:0]  ring_log2;
  logic [15:0] tail, head, written, acknowledged;
  logic [7:0]  fault_code;
  logic        host_idle, mem_idle, host_unasked, mem_unasked, scrub, scrubbed;
  logic [Engines-1:0] product, row, waiting, busy;

  host_interface #(
    .Engines      (Engines),
    .Slots        (Slots),
    .Columns      (Columns),
    .WA           (WA),
    .WB           (WB),
    .Contexts     (Contexts),
    .TableLog2    (TableLog2),
    .VectorLog2   (VectorLog2),
    .MaxItems     (MaxItems),
    .PatienceLog2 (PatienceLog2),
    .BuildHash    (BuildHash),
    .Kind         (Kind)
  ) u_host_interface (
    .clk_i,
    .rst_ni,
    .s_axil_awready,
    .s_axil_awvalid,
    .s_axil_awaddr,
    .s_axil_awprot,
    .s_axil_wready,
    .s_axil_wvalid,
    .s_axil_wdata,
    .s_axil_wstrb,
    .s_axil_bready,
    .s_axil_bvalid,
    .s_axil_bresp,
    .s_axil_arready,
    .s_axil_arvalid,
    .s_axil_araddr,
    .s_axil_arprot,
    .s_axil_rready,
    .s_axil_rvalid,
    .s_axil_rdata,
    .s_axil_rresp,
    .irq_o,
    .run_o             (run),
    .submission_base_o (submission_base),
    .completion_base_o (completion_base),
    .ring_log2_o       (ring_log2),
    .tail_o            (tail),
    .head_o            (head),
    .written_i         (written),
    .acknowledged_i    (acknowledged),
    .completed_i       (completed),
    .fault_i           (fault),
    .fault_code_i      (fault_code),
    .idle_i            ({mem_idle, host_idle}),
    .unasked_i         ({mem_unasked, host_unasked}),
    .flush_o           (flush),
    .flushed_i         (flushed),
    .wipe_o            (wipe),
    .engines_wiped_i   (engines_wiped_q),
    .sweep_o           (sweep_all),
    .sweep_moves_i     (m_mem_wvalid && m_mem_wready),
    .sweep_done_i      (sweep_done),
    .sweep_error_i     (sweep_error),
    .dma_read_i        (m_host_rvalid && m_host_rready),
    .dma_write_i       (m_host_wvalid && m_host_wready),
    .product_i         (product),
    .row_i             (row),
    .active_i          (busy),
    .wait_i            (waiting)
  );

  // ---- Rings ----
  logic         descriptor_valid, descriptor_ready, completion_valid, completion_ready;
  logic [511:0] descriptor;
  shell_pkg::completion_t completion;
  logic         ring_rd_req_valid, ring_rd_req_ready, ring_rd_valid, ring_rd_ready, ring_rd_error;
  logic         ring_wr_req_valid, ring_wr_req_ready, ring_wr_valid, ring_wr_ready, ring_wr_done, ring_wr_error;
  logic [63:0]  ring_rd_req_addr, ring_rd_data, ring_wr_req_addr, ring_wr_data;
  logic [8:0]   ring_rd_req_words, ring_wr_req_words;

  ring_unit u_rings (
    .clk_i,
    .rst_ni,
    .clear_i            (wipe),
    .run_i              (run),
    .submission_base_i  (submission_base),
    .completion_base_i  (completion_base),
    .log2_i             (ring_log2),
    .tail_i             (tail),
    .head_i             (head),
    .written_o          (written),
    .acknowledged_o     (acknowledged),
    .completed_o        (completed),
    .fault_o            (fault),
    .fault_code_o       (fault_code),
    .descriptor_valid_o (descriptor_valid),
    .descriptor_ready_i (descriptor_ready),
    .descriptor_o       (descriptor),
    .completion_valid_i (completion_valid),
    .completion_ready_o (completion_ready),
    .completion_i       (completion),
    .rd_req_valid_o     (ring_rd_req_valid),
    .rd_req_ready_i     (ring_rd_req_ready),
    .rd_req_addr_o      (ring_rd_req_addr),
    .rd_req_words_o     (ring_rd_req_words),
    .rd_valid_i         (ring_rd_valid),
    .rd_ready_o         (ring_rd_ready),
    .rd_data_i          (ring_rd_data),
    .rd_error_i         (ring_rd_error),
    .wr_req_valid_o     (ring_wr_req_valid),
    .wr_req_ready_i     (ring_wr_req_ready),
    .wr_req_addr_o      (ring_wr_req_addr),
    .wr_req_words_o     (ring_wr_req_words),
    .wr_valid_o         (ring_wr_valid),
    .wr_ready_i         (ring_wr_ready),
    .wr_data_o          (ring_wr_data),
    .wr_done_i          (ring_wr_done),
    .wr_error_i         (ring_wr_error)
  );

  // ---- Dispatcher ----
  logic [Engines-1:0]      job_valid, job_ready, done_valid, done_ready;
  logic [Engines-1:0][7:0] done_status, done_fault;
  card_pkg::engine_job_t   job;
  logic                    sweep_one, mark_valid, mark_vector;
  logic [7:0]              sweep_context, mark_context;
  logic [RegionLog2-3:0]   mark_words;

  dispatcher #(
    .Engines    (Engines),
    .Contexts   (Contexts),
    .TableLog2  (TableLog2),
    .VectorLog2 (VectorLog2),
    .MaxItems   (MaxItems)
  ) u_dispatcher (
    .clk_i,
    .rst_ni,
    .wipe_i             (wipe),
    .descriptor_valid_i (descriptor_valid),
    .descriptor_ready_o (descriptor_ready),
    .descriptor_i       (descriptor),
    .completion_valid_o (completion_valid),
    .completion_ready_i (completion_ready),
    .completion_o       (completion),
    .job_valid_o        (job_valid),
    .job_ready_i        (job_ready),
    .job_o              (job),
    .done_valid_i       (done_valid),
    .done_ready_o       (done_ready),
    .done_status_i      (done_status),
    .done_fault_i       (done_fault),
    .busy_o             (busy),
    .scrub_o            (scrub),
    .scrubbed_i         (scrubbed),
    .sweep_o            (sweep_one),
    .sweep_context_o    (sweep_context),
    .sweep_done_i       (sweep_done),
    .sweep_error_i      (sweep_error),
    .mark_valid_o       (mark_valid),
    .mark_vector_o      (mark_vector),
    .mark_context_o     (mark_context),
    .mark_words_o       (mark_words)
  );

  // ---- Engines ----
  logic [Engines-1:0]       rd_req_valid, rd_req_ready, rd_req_space, rd_valid, rd_ready, rd_error;
  logic [Engines-1:0]       wr_req_valid, wr_req_ready, wr_req_space, wr_valid, wr_ready, wr_done, wr_error, wiped;
  logic [Engines-1:0][63:0] rd_req_addr, rd_data, wr_req_addr, wr_data;
  logic [Engines-1:0][8:0]  rd_req_words, wr_req_words;

  for (genvar e = 0; e < Engines; e++) begin : gen_engine
    card_pkg::engine_job_t own_job;
    always_comb begin
      own_job = job;
      own_job.primary = job.primary && e == 0;
    end

    engine #(
      .WA         (WA),
      .WB         (WB),
      .Columns    (Columns),
      .Slots      (Slots),
      .Contexts   (Contexts),
      .TableLog2  (TableLog2),
      .VectorLog2 (VectorLog2)
    ) u_engine (
      .clk_i,
      .rst_ni,
      .job_valid_i     (job_valid[e]),
      .job_ready_o     (job_ready[e]),
      .job_i           (own_job),
      .done_valid_o    (done_valid[e]),
      .done_ready_i    (done_ready[e]),
      .done_status_o   (done_status[e]),
      .done_fault_o    (done_fault[e]),
      .wipe_i          (wipe),
      .wiped_o         (wiped[e]),
      .rd_req_valid_o  (rd_req_valid[e]),
      .rd_req_ready_i  (rd_req_ready[e]),
      .rd_req_space_o  (rd_req_space[e]),
      .rd_req_addr_o   (rd_req_addr[e]),
      .rd_req_words_o  (rd_req_words[e]),
      .rd_valid_i      (rd_valid[e]),
      .rd_ready_o      (rd_ready[e]),
      .rd_data_i       (rd_data[e]),
      .rd_error_i      (rd_error[e]),
      .wr_req_valid_o  (wr_req_valid[e]),
      .wr_req_ready_i  (wr_req_ready[e]),
      .wr_req_space_o  (wr_req_space[e]),
      .wr_req_addr_o   (wr_req_addr[e]),
      .wr_req_words_o  (wr_req_words[e]),
      .wr_valid_o      (wr_valid[e]),
      .wr_ready_i      (wr_ready[e]),
      .wr_data_o       (wr_data[e]),
      .wr_done_i       (wr_done[e]),
      .wr_error_i      (wr_error[e]),
      .count_product_o (product[e]),
      .count_row_o     (row[e]),
      .count_wait_o    (waiting[e])
    );
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) engines_wiped_q <= 1'b0;
    else         engines_wiped_q <= &wiped;
  end

  // ---- Memories ----
  logic        sweep_req_valid, sweep_req_ready, sweep_valid, sweep_ready, sweep_wr_done, sweep_wr_error;
  logic [63:0] sweep_req_addr;
  logic [8:0]  sweep_req_words;

  memory_sweeper #(
    .Contexts   (Contexts),
    .TableLog2  (TableLog2),
    .VectorLog2 (VectorLog2)
  ) u_sweeper (
    .clk_i,
    .rst_ni,
    .flush_i        (flush),
    .request_i      (sweep_all || sweep_one),
    .all_i          (sweep_all),
    .context_i      (sweep_context),
    .done_o         (sweep_done),
    .error_o        (sweep_error),
    .mark_valid_i   (mark_valid),
    .mark_vector_i  (mark_vector),
    .mark_context_i (mark_context),
    .mark_words_i   (mark_words),
    .wr_req_valid_o (sweep_req_valid),
    .wr_req_ready_i (sweep_req_ready),
    .wr_req_addr_o  (sweep_req_addr),
    .wr_req_words_o (sweep_req_words),
    .wr_valid_o     (sweep_valid),
    .wr_ready_i     (sweep_ready),
    .wr_done_i      (sweep_wr_done),
    .wr_error_i     (sweep_wr_error)
  );

  memory_hub #(
    .Engines (Engines)
  ) u_memory (
    .clk_i,
    .rst_ni,
    .flush_i             (flush),
    .flushed_o           (flushed),
    .host_idle_o         (host_idle),
    .mem_idle_o          (mem_idle),
    .scrub_i             (scrub),
    .scrubbed_o          (scrubbed),
    .host_error_o        (host_unasked),
    .mem_error_o         (mem_unasked),
    .rd_req_valid_i      (rd_req_valid),
    .rd_req_ready_o      (rd_req_ready),
    .rd_req_space_i      (rd_req_space),
    .rd_req_addr_i       (rd_req_addr),
    .rd_req_words_i      (rd_req_words),
    .rd_valid_o          (rd_valid),
    .rd_ready_i          (rd_ready),
    .rd_data_o           (rd_data),
    .rd_error_o          (rd_error),
    .wr_req_valid_i      (wr_req_valid),
    .wr_req_ready_o      (wr_req_ready),
    .wr_req_space_i      (wr_req_space),
    .wr_req_addr_i       (wr_req_addr),
    .wr_req_words_i      (wr_req_words),
    .wr_valid_i          (wr_valid),
    .wr_ready_o          (wr_ready),
    .wr_data_i           (wr_data),
    .wr_done_o           (wr_done),
    .wr_error_o          (wr_error),
    .ring_rd_req_valid_i (ring_rd_req_valid),
    .ring_rd_req_ready_o (ring_rd_req_ready),
    .ring_rd_req_addr_i  (ring_rd_req_addr),
    .ring_rd_req_words_i (ring_rd_req_words),
    .ring_rd_valid_o     (ring_rd_valid),
    .ring_rd_ready_i     (ring_rd_ready),
    .ring_rd_data_o      (ring_rd_data),
    .ring_rd_error_o     (ring_rd_error),
    .ring_wr_req_valid_i (ring_wr_req_valid),
    .ring_wr_req_ready_o (ring_wr_req_ready),
    .ring_wr_req_addr_i  (ring_wr_req_addr),
    .ring_wr_req_words_i (ring_wr_req_words),
    .ring_wr_valid_i     (ring_wr_valid),
    .ring_wr_ready_o     (ring_wr_ready),
    .ring_wr_data_i      (ring_wr_data),
    .ring_wr_done_o      (ring_wr_done),
    .ring_wr_error_o     (ring_wr_error),
    .sweep_req_valid_i   (sweep_req_valid),
    .sweep_req_ready_o   (sweep_req_ready),
    .sweep_req_addr_i    (sweep_req_addr),
    .sweep_req_words_i   (sweep_req_words),
    .sweep_valid_i       (sweep_valid),
    .sweep_ready_o       (sweep_ready),
    .sweep_done_o        (sweep_wr_done),
    .sweep_error_o       (sweep_wr_error),
    .host_arvalid_o         (m_host_arvalid),
    .host_arready_i         (m_host_arready),
    .host_araddr_o          (m_host_araddr),
    .host_arlen_o           (m_host_arlen),
    .host_rvalid_i          (m_host_rvalid),
    .host_rready_o          (m_host_rready),
    .host_rdata_i           (m_host_rdata),
    .host_rresp_i           (m_host_rresp),
    .host_rlast_i           (m_host_rlast),
    .host_awvalid_o         (m_host_awvalid),
    .host_awready_i         (m_host_awready),
    .host_awaddr_o          (m_host_awaddr),
    .host_awlen_o           (m_host_awlen),
    .host_wvalid_o          (m_host_wvalid),
    .host_wready_i          (m_host_wready),
    .host_wdata_o           (m_host_wdata),
    .host_wstrb_o           (m_host_wstrb),
    .host_wlast_o           (m_host_wlast),
    .host_bvalid_i          (m_host_bvalid),
    .host_bready_o          (m_host_bready),
    .host_bresp_i           (m_host_bresp),
    .mem_arvalid_o          (m_mem_arvalid),
    .mem_arready_i          (m_mem_arready),
    .mem_araddr_o           (m_mem_araddr),
    .mem_arlen_o            (m_mem_arlen),
    .mem_rvalid_i           (m_mem_rvalid),
    .mem_rready_o           (m_mem_rready),
    .mem_rdata_i            (m_mem_rdata),
    .mem_rresp_i            (m_mem_rresp),
    .mem_rlast_i            (m_mem_rlast),
    .mem_awvalid_o          (m_mem_awvalid),
    .mem_awready_i          (m_mem_awready),
    .mem_awaddr_o           (m_mem_awaddr),
    .mem_awlen_o            (m_mem_awlen),
    .mem_wvalid_o           (m_mem_wvalid),
    .mem_wready_i           (m_mem_wready),
    .mem_wdata_o            (m_mem_wdata),
    .mem_wstrb_o            (m_mem_wstrb),
    .mem_wlast_o            (m_mem_wlast),
    .mem_bvalid_i           (m_mem_bvalid),
    .mem_bready_o           (m_mem_bready),
    .mem_bresp_i            (m_mem_bresp)
  );

  // Id 0, words of 8 bytes, incrementing bursts, bufferable and modifiable, unprivileged.
  localparam logic [15:0] Attributes = {4'd0, 3'd3, 2'b01, 4'b0011, 3'b000};
  assign {m_host_awid, m_host_awsize, m_host_awburst, m_host_awcache, m_host_awprot} = Attributes;
  assign {m_host_arid, m_host_arsize, m_host_arburst, m_host_arcache, m_host_arprot} = Attributes;
  assign {m_mem_awid, m_mem_awsize, m_mem_awburst, m_mem_awcache, m_mem_awprot} = Attributes;
  assign {m_mem_arid, m_mem_arsize, m_mem_arburst, m_mem_arcache, m_mem_arprot} = Attributes;

  // With one id responses come in order, and their ids say nothing.
  logic unused;
  assign unused = ^{m_host_bid, m_host_rid, m_mem_bid, m_mem_rid};

endmodule
