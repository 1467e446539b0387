// Between those who read and write memory and the two AXI4 masters: host memory (m_host) and the card's own (m_mem).
//
// Clients are the engines (read and write, either memory), the ring unit (host only) and the sweeper (writes to card memory only). Each has
// a read channel and a write channel of its own, which buffer and cut into bursts; each master has a read port and a write port, which
// take bursts in turn. So no client waits for another's request, only for bursts on the same bus.
// Ports of clients are as fpga/docs/interfaces.md gives them for engines.
// flush_i: everybody's requests are forgotten, bursts on the bus run to their end without data, all buffers are zeroized. It must stay
// until flushed_o, or until its caller no longer waits for a memory that owes answers (host_idle_o, mem_idle_o: it owes none); clients must
// ask for nothing meanwhile. Ports of a memory that still owes answers then stay in the flush until it owes none.
// scrub_i (level): buffers and addresses of the engines' channels, which are idle, are zeroized; scrubbed_o when that is done.
// host_error_o, mem_error_o: pulses; a memory answered what it was not asked (read_port, write_port).

module memory_hub #(
  parameter int unsigned Engines = 2,
  parameter int unsigned BufferLog2 = 7
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  input  logic                     flush_i,
  output logic                     flushed_o,
  output logic                     host_idle_o,
  output logic                     mem_idle_o,
  input  logic                     scrub_i,
  output logic                     scrubbed_o,
  output logic                     host_error_o,
  output logic                     mem_error_o,

  // Engines
  input  logic [Engines-1:0]       rd_req_valid_i,
  output logic [Engines-1:0]       rd_req_ready_o,
  input  logic [Engines-1:0]       rd_req_space_i,
  input  logic [Engines-1:0][63:0] rd_req_addr_i,
  input  logic [Engines-1:0][8:0]  rd_req_words_i,
  output logic [Engines-1:0]       rd_valid_o,
  input  logic [Engines-1:0]       rd_ready_i,
  output logic [Engines-1:0][63:0] rd_data_o,
  output logic [Engines-1:0]       rd_error_o,
  input  logic [Engines-1:0]       wr_req_valid_i,
  output logic [Engines-1:0]       wr_req_ready_o,
  input  logic [Engines-1:0]       wr_req_space_i,
  input  logic [Engines-1:0][63:0] wr_req_addr_i,
  input  logic [Engines-1:0][8:0]  wr_req_words_i,
  input  logic [Engines-1:0]       wr_valid_i,
  output logic [Engines-1:0]       wr_ready_o,
  input  logic [Engines-1:0][63:0] wr_data_i,
  output logic [Engines-1:0]       wr_done_o,
  output logic [Engines-1:0]       wr_error_o,

  // Ring unit
  input  logic                     ring_rd_req_valid_i,
  output logic                     ring_rd_req_ready_o,
  input  logic [63:0]              ring_rd_req_addr_i,
  input  logic [8:0]               ring_rd_req_words_i,
  output logic                     ring_rd_valid_o,
  input  logic                     ring_rd_ready_i,
  output logic [63:0]              ring_rd_data_o,
  output logic                     ring_rd_error_o,
  input  logic                     ring_wr_req_valid_i,
  output logic                     ring_wr_req_ready_o,
  input  logic [63:0]              ring_wr_req_addr_i,
  input  logic [8:0]               ring_wr_req_words_i,
  input  logic                     ring_wr_valid_i,
  output logic                     ring_wr_ready_o,
  input  logic [63:0]              ring_wr_data_i,
  output logic                     ring_wr_done_o,
  output logic                     ring_wr_error_o,

  // Sweeper
  input  logic                     sweep_req_valid_i,
  output logic                     sweep_req_ready_o,
  input  logic [63:0]              sweep_req_addr_i,
  input  logic [8:0]               sweep_req_words_i,
  input  logic                     sweep_valid_i,
  output logic                     sweep_ready_o,
  output logic                     sweep_done_o,
  output logic                     sweep_error_o,

  // Host memory
  output logic                     host_arvalid_o,
  input  logic                     host_arready_i,
  output logic [63:0]              host_araddr_o,
  output logic [7:0]               host_arlen_o,
  input  logic                     host_rvalid_i,
  output logic                     host_rready_o,
  input  logic [63:0]              host_rdata_i,
  input  logic [1:0]               host_rresp_i,
  input  logic                     host_rlast_i,
  output logic                     host_awvalid_o,
  input  logic                     host_awready_i,
  output logic [63:0]              host_awaddr_o,
  output logic [7:0]               host_awlen_o,
  output logic                     host_wvalid_o,
  input  logic                     host_wready_i,
  output logic [63:0]              host_wdata_o,
  output logic [7:0]               host_wstrb_o,
  output logic                     host_wlast_o,
  input  logic                     host_bvalid_i,
  output logic                     host_bready_o,
  input  logic [1:0]               host_bresp_i,

  // Card memory
  output logic                     mem_arvalid_o,
  input  logic                     mem_arready_i,
  output logic [39:0]              mem_araddr_o,
  output logic [7:0]               mem_arlen_o,
  input  logic                     mem_rvalid_i,
  output logic                     mem_rready_o,
  input  logic [63:0]              mem_rdata_i,
  input  logic [1:0]               mem_rresp_i,
  input  logic                     mem_rlast_i,
  output logic                     mem_awvalid_o,
  input  logic                     mem_awready_i,
  output logic [39:0]              mem_awaddr_o,
  output logic [7:0]               mem_awlen_o,
  output logic                     mem_wvalid_o,
  input  logic                     mem_wready_i,
  output logic [63:0]              mem_wdata_o,
  output logic [7:0]               mem_wstrb_o,
  output logic                     mem_wlast_o,
  input  logic                     mem_bvalid_i,
  output logic                     mem_bready_o,
  input  logic [1:0]               mem_bresp_i
);

  // Client numbers: the engines, then at the host's ports the ring unit and at the card memory's write port the sweeper.
  localparam int unsigned Ring = Engines;
  localparam int unsigned Sweeper = Engines;

  // Bursts of reads
  logic [Engines:0]         rd_burst_valid, rd_burst_space, rd_burst_taken;
  logic [Engines:0][63:0]   rd_burst_addr;
  logic [Engines:0][6:0]    rd_burst_beats;
  logic [Engines:0]         host_rd_taken, host_rd_beat;
  logic [Engines-1:0]       mem_rd_taken, mem_rd_beat;
  logic [63:0]              host_rd_data, mem_rd_data;
  logic                     host_rd_error, mem_rd_error;

  // Bursts of writes: engines, ring unit, sweeper
  logic [Engines+1:0]       wr_burst_valid, wr_burst_space, wr_burst_taken, wr_beat_valid, wr_beat_ready;
  logic [Engines+1:0][63:0] wr_burst_addr, wr_beat_data;
  logic [Engines+1:0][6:0]  wr_burst_beats;
  logic [Engines+1:0]       wr_response, wr_response_error;
  logic [Engines:0]         host_wr_taken, host_wr_pop, host_wr_response;
  logic [Engines:0]         mem_wr_taken, mem_wr_pop, mem_wr_response;
  logic                     host_wr_error, mem_wr_error;

  logic [Engines:0]         rd_flushed;
  logic [Engines+1:0]       wr_flushed;
  logic                     host_rd_idle, host_wr_idle, mem_rd_idle, mem_wr_idle, idle_q;
  logic                     host_rd_bad, host_wr_bad, mem_rd_bad, mem_wr_bad;
  logic                     host_flush, host_held_q, mem_flush, mem_held_q, scrub;
  assign host_flush = flush_i || host_held_q;
  assign mem_flush  = flush_i || mem_held_q;
  assign scrub      = flush_i || scrub_i;

  for (genvar e = 0; e < Engines; e++) begin : gen_engine
    read_channel #(
      .BufferLog2 (BufferLog2)
    ) u_read (
      .clk_i,
      .rst_ni,
      .flush_i       (scrub),
      .flushed_o     (rd_flushed[e]),
      .req_valid_i   (rd_req_valid_i[e]),
      .req_ready_o   (rd_req_ready_o[e]),
      .req_space_i   (rd_req_space_i[e]),
      .req_addr_i    (rd_req_addr_i[e]),
      .req_words_i   (rd_req_words_i[e]),
      .rd_valid_o    (rd_valid_o[e]),
      .rd_ready_i    (rd_ready_i[e]),
      .rd_data_o     (rd_data_o[e]),
      .rd_error_o    (rd_error_o[e]),
      .burst_valid_o (rd_burst_valid[e]),
      .burst_space_o (rd_burst_space[e]),
      .burst_addr_o  (rd_burst_addr[e]),
      .burst_beats_o (rd_burst_beats[e]),
      .burst_taken_i (rd_burst_taken[e]),
      .beat_valid_i  (host_rd_beat[e] || mem_rd_beat[e]),
      .beat_data_i   (mem_rd_beat[e] ? mem_rd_data : host_rd_data),
      .beat_error_i  (mem_rd_beat[e] ? mem_rd_error : host_rd_error)
    );
    assign rd_burst_taken[e] = host_rd_taken[e] || mem_rd_taken[e];

    write_channel #(
      .BufferLog2 (BufferLog2)
    ) u_write (
      .clk_i,
      .rst_ni,
      .flush_i          (scrub),
      .flushed_o        (wr_flushed[e]),
      .req_valid_i      (wr_req_valid_i[e]),
      .req_ready_o      (wr_req_ready_o[e]),
      .req_space_i      (wr_req_space_i[e]),
      .req_addr_i       (wr_req_addr_i[e]),
      .req_words_i      (wr_req_words_i[e]),
      .wr_valid_i       (wr_valid_i[e]),
      .wr_ready_o       (wr_ready_o[e]),
      .wr_data_i        (wr_data_i[e]),
      .wr_done_o        (wr_done_o[e]),
      .wr_error_o       (wr_error_o[e]),
      .burst_valid_o    (wr_burst_valid[e]),
      .burst_space_o    (wr_burst_space[e]),
      .burst_addr_o     (wr_burst_addr[e]),
      .burst_beats_o    (wr_burst_beats[e]),
      .burst_taken_i    (wr_burst_taken[e]),
      .beat_valid_o     (wr_beat_valid[e]),
      .beat_ready_i     (wr_beat_ready[e]),
      .beat_data_o      (wr_beat_data[e]),
      .response_valid_i (wr_response[e]),
      .response_error_i (wr_response_error[e])
    );
    assign wr_burst_taken[e]    = host_wr_taken[e] || mem_wr_taken[e];
    assign wr_beat_ready[e]     = host_wr_pop[e] || mem_wr_pop[e];
    assign wr_response[e]       = host_wr_response[e] || mem_wr_response[e];
    assign wr_response_error[e] = mem_wr_response[e] ? mem_wr_error : host_wr_error;
  end

  read_channel #(
    .BufferLog2 (6)
  ) u_ring_read (
    .clk_i,
    .rst_ni,
    .flush_i,
    .flushed_o     (rd_flushed[Ring]),
    .req_valid_i   (ring_rd_req_valid_i),
    .req_ready_o   (ring_rd_req_ready_o),
    .req_space_i   (card_pkg::SpaceHost),
    .req_addr_i    (ring_rd_req_addr_i),
    .req_words_i   (ring_rd_req_words_i),
    .rd_valid_o    (ring_rd_valid_o),
    .rd_ready_i    (ring_rd_ready_i),
    .rd_data_o     (ring_rd_data_o),
    .rd_error_o    (ring_rd_error_o),
    .burst_valid_o (rd_burst_valid[Ring]),
    .burst_space_o (rd_burst_space[Ring]),
    .burst_addr_o  (rd_burst_addr[Ring]),
    .burst_beats_o (rd_burst_beats[Ring]),
    .burst_taken_i (rd_burst_taken[Ring]),
    .beat_valid_i  (host_rd_beat[Ring]),
    .beat_data_i   (host_rd_data),
    .beat_error_i  (host_rd_error)
  );
  assign rd_burst_taken[Ring] = host_rd_taken[Ring];

  write_channel #(
    .BufferLog2 (6)
  ) u_ring_write (
    .clk_i,
    .rst_ni,
    .flush_i,
    .flushed_o        (wr_flushed[Ring]),
    .req_valid_i      (ring_wr_req_valid_i),
    .req_ready_o      (ring_wr_req_ready_o),
    .req_space_i      (card_pkg::SpaceHost),
    .req_addr_i       (ring_wr_req_addr_i),
    .req_words_i      (ring_wr_req_words_i),
    .wr_valid_i       (ring_wr_valid_i),
    .wr_ready_o       (ring_wr_ready_o),
    .wr_data_i        (ring_wr_data_i),
    .wr_done_o        (ring_wr_done_o),
    .wr_error_o       (ring_wr_error_o),
    .burst_valid_o    (wr_burst_valid[Ring]),
    .burst_space_o    (wr_burst_space[Ring]),
    .burst_addr_o     (wr_burst_addr[Ring]),
    .burst_beats_o    (wr_burst_beats[Ring]),
    .burst_taken_i    (wr_burst_taken[Ring]),
    .beat_valid_o     (wr_beat_valid[Ring]),
    .beat_ready_i     (wr_beat_ready[Ring]),
    .beat_data_o      (wr_beat_data[Ring]),
    .response_valid_i (wr_response[Ring]),
    .response_error_i (wr_response_error[Ring])
  );
  assign wr_burst_taken[Ring]    = host_wr_taken[Ring];
  assign wr_beat_ready[Ring]     = host_wr_pop[Ring];
  assign wr_response[Ring]       = host_wr_response[Ring];
  assign wr_response_error[Ring] = host_wr_error;

  write_channel #(
    .BufferLog2 (BufferLog2)
  ) u_sweep_write (
    .clk_i,
    .rst_ni,
    .flush_i,
    .flushed_o        (wr_flushed[Engines+1]),
    .req_valid_i      (sweep_req_valid_i),
    .req_ready_o      (sweep_req_ready_o),
    .req_space_i      (card_pkg::SpaceCard),
    .req_addr_i       (sweep_req_addr_i),
    .req_words_i      (sweep_req_words_i),
    .wr_valid_i       (sweep_valid_i),
    .wr_ready_o       (sweep_ready_o),
    .wr_data_i        (64'd0),
    .wr_done_o        (sweep_done_o),
    .wr_error_o       (sweep_error_o),
    .burst_valid_o    (wr_burst_valid[Engines+1]),
    .burst_space_o    (wr_burst_space[Engines+1]),
    .burst_addr_o     (wr_burst_addr[Engines+1]),
    .burst_beats_o    (wr_burst_beats[Engines+1]),
    .burst_taken_i    (wr_burst_taken[Engines+1]),
    .beat_valid_o     (wr_beat_valid[Engines+1]),
    .beat_ready_i     (wr_beat_ready[Engines+1]),
    .beat_data_o      (wr_beat_data[Engines+1]),
    .response_valid_i (wr_response[Engines+1]),
    .response_error_i (wr_response_error[Engines+1])
  );
  assign wr_burst_taken[Engines+1]    = mem_wr_taken[Sweeper];
  assign wr_beat_ready[Engines+1]     = mem_wr_pop[Sweeper];
  assign wr_response[Engines+1]       = mem_wr_response[Sweeper];
  assign wr_response_error[Engines+1] = mem_wr_error;

  read_port #(
    .Clients      (Engines + 1),
    .AddressWidth (64)
  ) u_host_read (
    .clk_i,
    .rst_ni,
    .flush_i       (host_flush),
    .idle_o        (host_rd_idle),
    .error_o       (host_rd_bad),
    .burst_valid_i (rd_burst_valid & ~rd_burst_space),
    .burst_addr_i  (rd_burst_addr),
    .burst_beats_i (rd_burst_beats),
    .burst_taken_o (host_rd_taken),
    .beat_valid_o  (host_rd_beat),
    .beat_data_o   (host_rd_data),
    .beat_error_o  (host_rd_error),
    .arvalid_o     (host_arvalid_o),
    .arready_i     (host_arready_i),
    .araddr_o      (host_araddr_o),
    .arlen_o       (host_arlen_o),
    .rvalid_i      (host_rvalid_i),
    .rready_o      (host_rready_o),
    .rdata_i       (host_rdata_i),
    .rresp_i       (host_rresp_i),
    .rlast_i       (host_rlast_i)
  );

  read_port #(
    .Clients      (Engines),
    .AddressWidth (40)
  ) u_mem_read (
    .clk_i,
    .rst_ni,
    .flush_i       (mem_flush),
    .idle_o        (mem_rd_idle),
    .error_o       (mem_rd_bad),
    .burst_valid_i (rd_burst_valid[Engines-1:0] & rd_burst_space[Engines-1:0]),
    .burst_addr_i  (rd_burst_addr[Engines-1:0]),
    .burst_beats_i (rd_burst_beats[Engines-1:0]),
    .burst_taken_o (mem_rd_taken),
    .beat_valid_o  (mem_rd_beat),
    .beat_data_o   (mem_rd_data),
    .beat_error_o  (mem_rd_error),
    .arvalid_o     (mem_arvalid_o),
    .arready_i     (mem_arready_i),
    .araddr_o      (mem_araddr_o),
    .arlen_o       (mem_arlen_o),
    .rvalid_i      (mem_rvalid_i),
    .rready_o      (mem_rready_o),
    .rdata_i       (mem_rdata_i),
    .rresp_i       (mem_rresp_i),
    .rlast_i       (mem_rlast_i)
  );

  write_port #(
    .Clients      (Engines + 1),
    .AddressWidth (64)
  ) u_host_write (
    .clk_i,
    .rst_ni,
    .flush_i          (host_flush),
    .idle_o           (host_wr_idle),
    .error_o          (host_wr_bad),
    .burst_valid_i    (wr_burst_valid[Engines:0] & ~wr_burst_space[Engines:0]),
    .burst_addr_i     (wr_burst_addr[Engines:0]),
    .burst_beats_i    (wr_burst_beats[Engines:0]),
    .burst_taken_o    (host_wr_taken),
    .beat_valid_i     (wr_beat_valid[Engines:0]),
    .beat_ready_o     (host_wr_pop),
    .beat_data_i      (wr_beat_data[Engines:0]),
    .response_valid_o (host_wr_response),
    .response_error_o (host_wr_error),
    .awvalid_o        (host_awvalid_o),
    .awready_i        (host_awready_i),
    .awaddr_o         (host_awaddr_o),
    .awlen_o          (host_awlen_o),
    .wvalid_o         (host_wvalid_o),
    .wready_i         (host_wready_i),
    .wdata_o          (host_wdata_o),
    .wstrb_o          (host_wstrb_o),
    .wlast_o          (host_wlast_o),
    .bvalid_i         (host_bvalid_i),
    .bready_o         (host_bready_o),
    .bresp_i          (host_bresp_i)
  );

  // At the card memory the sweeper stands where the ring unit stands at the host's.
  logic [Engines:0]       mem_wr_valid, mem_wr_beat_valid;
  logic [Engines:0][63:0] mem_wr_addr, mem_wr_data;
  logic [Engines:0][6:0]  mem_wr_beats;
  assign mem_wr_valid = {wr_burst_valid[Engines+1],
                         wr_burst_valid[Engines-1:0] & wr_burst_space[Engines-1:0]};
  assign mem_wr_beat_valid = {wr_beat_valid[Engines+1], wr_beat_valid[Engines-1:0]};
  assign mem_wr_addr  = {wr_burst_addr[Engines+1], wr_burst_addr[Engines-1:0]};
  assign mem_wr_data  = {wr_beat_data[Engines+1], wr_beat_data[Engines-1:0]};
  assign mem_wr_beats = {wr_burst_beats[Engines+1], wr_burst_beats[Engines-1:0]};

  write_port #(
    .Clients      (Engines + 1),
    .AddressWidth (40)
  ) u_mem_write (
    .clk_i,
    .rst_ni,
    .flush_i          (mem_flush),
    .idle_o           (mem_wr_idle),
    .error_o          (mem_wr_bad),
    .burst_valid_i    (mem_wr_valid),
    .burst_addr_i     (mem_wr_addr),
    .burst_beats_i    (mem_wr_beats),
    .burst_taken_o    (mem_wr_taken),
    .beat_valid_i     (mem_wr_beat_valid),
    .beat_ready_o     (mem_wr_pop),
    .beat_data_i      (mem_wr_data),
    .response_valid_o (mem_wr_response),
    .response_error_o (mem_wr_error),
    .awvalid_o        (mem_awvalid_o),
    .awready_i        (mem_awready_i),
    .awaddr_o         (mem_awaddr_o),
    .awlen_o          (mem_awlen_o),
    .wvalid_o         (mem_wvalid_o),
    .wready_i         (mem_wready_i),
    .wdata_o          (mem_wdata_o),
    .wstrb_o          (mem_wstrb_o),
    .wlast_o          (mem_wlast_o),
    .bvalid_i         (mem_bvalid_i),
    .bready_o         (mem_bready_o),
    .bresp_i          (mem_bresp_i)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      idle_q       <= 1'b0;
      host_held_q  <= 1'b0;
      mem_held_q   <= 1'b0;
      host_error_o <= 1'b0;
      mem_error_o  <= 1'b0;
    end else begin
      idle_q       <= host_idle_o && mem_idle_o && flush_i;
      host_held_q  <= host_flush && !host_idle_o;
      mem_held_q   <= mem_flush && !mem_idle_o;
      host_error_o <= host_rd_bad || host_wr_bad;
      mem_error_o  <= mem_rd_bad || mem_wr_bad;
    end
  end

  assign host_idle_o = host_rd_idle && host_wr_idle;
  assign mem_idle_o  = mem_rd_idle && mem_wr_idle;
  // The channels take many cycles to clear, and clear only while flush_i is high, so that idle_q is fresh by then.
  assign flushed_o  = idle_q && (&rd_flushed) && (&wr_flushed);
  assign scrubbed_o = scrub_i && (&rd_flushed[Engines-1:0]) && (&wr_flushed[Engines-1:0]);

  logic unused;
  assign unused = ^{wr_burst_space[Engines+1]};

endmodule
