// The reading half of an AXI4 master: takes the clients' bursts in turn and hands out what comes back.
//
// All bursts have id 0, so that data comes in the order of the bursts; a short queue remembers whose each one is. RREADY is constantly
// high, because a channel asks only for what it has room for. Up to 2^OrderLog2 bursts are open. Two cycles a burst.
// flush_i: takes no more bursts; those on the bus run to their end, their data is dropped here. idle_o: none is open.
// A word that no burst asked for is dropped, and error_o pulses; so it does where RLAST is not at the last word that was asked for. RLAST
// ends the burst all the same, so that a flush after such an error has an end.
// What came is here for one cycle: without a word the register of words holds zeros.

module read_port #(
  parameter int unsigned Clients = 2,
  parameter int unsigned AddressWidth = 64,
  parameter int unsigned OrderLog2 = 4
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,

  input  logic                          flush_i,
  output logic                          idle_o,
  output logic                          error_o,

  input  logic [Clients-1:0]            burst_valid_i,
  input  logic [Clients-1:0][63:0]      burst_addr_i,
  input  logic [Clients-1:0][6:0]       burst_beats_i,
  output logic [Clients-1:0]            burst_taken_o,

  output logic [Clients-1:0]            beat_valid_o,
  output logic [63:0]                   beat_data_o,
  output logic                          beat_error_o,

  output logic                          arvalid_o,
  input  logic                          arready_i,
  output logic [AddressWidth-1:0]       araddr_o,
  output logic [7:0]                    arlen_o,
  input  logic                          rvalid_i,
  output logic                          rready_o,
  input  logic [63:0]                   rdata_i,
  input  logic [1:0]                    rresp_i,
  input  logic                          rlast_i
);

  localparam int unsigned IndexWidth = Clients > 1 ? $clog2(Clients) : 1;
  localparam int unsigned Order = 2 ** OrderLog2;
  typedef logic [IndexWidth-1:0] index_t;
  typedef logic [OrderLog2:0] order_t;

  // Taking bursts: one cycle to pick a client, one to fetch its burst.
  logic   picked_q, pick_valid, order_free_q, slice_ready;
  index_t pick, grant_q;
  logic   send;

  round_robin #(
    .Requests (Clients)
  ) u_pick (
    .request_i (burst_valid_i),
    .last_i    (grant_q),
    .valid_o   (pick_valid),
    .index_o   (pick)
  );

  assign send = picked_q && !flush_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      picked_q <= 1'b0;
      grant_q  <= '0;
    end else begin
      picked_q <= !picked_q && pick_valid && order_free_q && slice_ready && !flush_i;
      if (!picked_q) grant_q <= pick;
    end
  end

  always_comb begin
    burst_taken_o = '0;
    burst_taken_o[grant_q] = send;
  end

  logic [6:0] beats;
  assign beats = burst_beats_i[grant_q];

  logic [63:0] addr;
  assign addr = burst_addr_i[grant_q];

  register_slice #(
    .Width (AddressWidth + 8)
  ) u_ar (
    .clk_i,
    .rst_ni,
    .valid_i (send),
    .ready_o (slice_ready),
    .data_i  ({addr[AddressWidth-1:0], {1'b0, beats} - 8'd1}),
    .valid_o (arvalid_o),
    .ready_i (arready_i),
    .data_o  ({araddr_o, arlen_o})
  );

  // Whose burst comes next on the R channel, of how many words, and how many of them have come.
  logic [IndexWidth+6:0] order [Order];
  order_t     order_wr_q, order_rd_q, asked_q, asked;
  index_t     owner;
  logic [6:0] most, came_q;
  logic       solicited, full, word, ended;

  assign {owner, most} = order[order_rd_q[OrderLog2-1:0]];
  // Memory may answer in the cycle in which it takes an address, and not before.
  assign asked     = asked_q + order_t'(arvalid_o && arready_i);
  assign solicited = order_rd_q != asked;
  assign full      = came_q == most;
  assign word      = rvalid_i && solicited && !full && !flush_i;
  assign ended     = rvalid_i && solicited && rlast_i;

  always_ff @(posedge clk_i) begin
    if (send) order[order_wr_q[OrderLog2-1:0]] <= {grant_q, beats};
  end

  order_t open;
  assign open = order_wr_q - order_rd_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      order_wr_q   <= '0;
      order_rd_q   <= '0;
      asked_q      <= '0;
      came_q       <= '0;
      order_free_q <= 1'b0;
      idle_o       <= 1'b0;
      error_o      <= 1'b0;
    end else begin
      order_wr_q   <= order_wr_q + order_t'(send);
      order_rd_q   <= order_rd_q + order_t'(ended);
      asked_q      <= asked;
      came_q       <= ended ? '0 : came_q + 7'(rvalid_i && solicited && !full);
      order_free_q <= open < order_t'(Order - 1);
      idle_o       <= open == '0 && !send;
      error_o      <= rvalid_i && (!solicited || full || rlast_i != (came_q + 7'd1 == most));
    end
  end

  // What came, one cycle later.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_valid_o <= '0;
    end else begin
      beat_valid_o <= '0;
      beat_valid_o[owner] <= word;
    end
  end

  always_ff @(posedge clk_i) begin
    beat_data_o  <= rdata_i & {64{word}};
    beat_error_o <= rresp_i[1];
  end

  assign rready_o = 1'b1;

  // The address bits above the port's width are not there, and RRESP[0] tells only kinds of errors and successes apart.
  logic unused;
  assign unused = ^{addr, rresp_i[0]};

`ifdef FORMAL_READ_PORT
`include "read_port_properties.svh"
`endif

endmodule
