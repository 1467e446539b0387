// The writing half of an AXI4 master: takes the clients' bursts in turn, moves their words, hands out the responses.
//
// All bursts have id 0, so that responses come in the order of the bursts; a short queue remembers whose each one is. BREADY is constantly
// high. Up to 2^OrderLog2 bursts are open. Two cycles a burst and one a word.
// flush_i: takes no more bursts; what is left of a burst on the bus goes out as zeros with no byte enabled. idle_o: none is open.
// A response to a burst that memory has not taken, address and last word, is dropped, and error_o pulses.
// Words wait for the bus in two registers at most: AXI does not let them be taken back, not by a flush either.

module write_port #(
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

  input  logic [Clients-1:0]            beat_valid_i,
  output logic [Clients-1:0]            beat_ready_o,
  input  logic [Clients-1:0][63:0]      beat_data_i,

  output logic [Clients-1:0]            response_valid_o,
  output logic                          response_error_o,

  output logic                          awvalid_o,
  input  logic                          awready_i,
  output logic [AddressWidth-1:0]       awaddr_o,
  output logic [7:0]                    awlen_o,
  output logic                          wvalid_o,
  input  logic                          wready_i,
  output logic [63:0]                   wdata_o,
  output logic [7:0]                    wstrb_o,
  output logic                          wlast_o,
  input  logic                          bvalid_i,
  output logic                          bready_o,
  input  logic [1:0]                    bresp_i
);

  localparam int unsigned IndexWidth = Clients > 1 ? $clog2(Clients) : 1;
  localparam int unsigned Order = 2 ** OrderLog2;
  typedef logic [IndexWidth-1:0] index_t;
  typedef logic [OrderLog2:0] order_t;

  typedef enum logic [1:0] {Pick, Send, Stream} state_e;
  state_e state_d, state_q;

  logic       pick_valid, order_free_q, aw_ready, w_ready;
  index_t     pick, grant_d, grant_q;
  logic [6:0] left_d, left_q;
  logic       send, move;

  round_robin #(
    .Requests (Clients)
  ) u_pick (
    .request_i (burst_valid_i),
    .last_i    (grant_q),
    .valid_o   (pick_valid),
    .index_o   (pick)
  );

  logic [6:0] beats;
  assign beats = burst_beats_i[grant_q];

  logic [63:0] addr;
  assign addr = burst_addr_i[grant_q];

  always_comb begin
    state_d = state_q;
    grant_d = grant_q;
    left_d  = left_q;
    send    = 1'b0;
    move    = 1'b0;

    case (state_q)
      Pick: begin
        if (pick_valid && order_free_q && aw_ready && !flush_i) begin
          grant_d = pick;
          state_d = Send;
        end
      end
      Send: begin
        send    = !flush_i;
        left_d  = beats;
        state_d = flush_i ? Pick : Stream;
      end
      Stream: begin
        move = w_ready && (beat_valid_i[grant_q] || flush_i);
        if (move) begin
          left_d = left_q - 7'd1;
          if (left_q == 7'd1) state_d = Pick;
        end
      end
      default: state_d = Pick;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Pick;
      grant_q <= '0;
      left_q  <= '0;
    end else begin
      state_q <= state_d;
      grant_q <= grant_d;
      left_q  <= left_d;
    end
  end

  always_comb begin
    burst_taken_o = '0;
    beat_ready_o  = '0;
    burst_taken_o[grant_q] = send;
    beat_ready_o[grant_q]  = move && !flush_i;
  end

  register_slice #(
    .Width (AddressWidth + 8)
  ) u_aw (
    .clk_i,
    .rst_ni,
    .valid_i (send),
    .ready_o (aw_ready),
    .data_i  ({addr[AddressWidth-1:0], {1'b0, beats} - 8'd1}),
    .valid_o (awvalid_o),
    .ready_i (awready_i),
    .data_o  ({awaddr_o, awlen_o})
  );

  logic [63:0] word;
  assign word = beat_data_i[grant_q] & {64{!flush_i}};

  register_slice #(
    .Width (73)
  ) u_w (
    .clk_i,
    .rst_ni,
    .valid_i (move),
    .ready_o (w_ready),
    .data_i  ({word, {8{!flush_i}}, left_q == 7'd1}),
    .valid_o (wvalid_o),
    .ready_i (wready_i),
    .data_o  ({wdata_o, wstrb_o, wlast_o})
  );

  // Whose response comes next on the B channel.
  index_t order [Order];
  order_t order_wr_q, order_rd_q, aw_q, aw, w_q, w;
  index_t owner;
  logic   answered;

  assign owner = order[order_rd_q[OrderLog2-1:0]];
  // Of how many bursts memory has taken the address, and the last word. It may answer in the cycle in which it takes both, and not before.
  assign aw       = aw_q + order_t'(awvalid_o && awready_i);
  assign w        = w_q + order_t'(wvalid_o && wready_i && wlast_o);
  assign answered = bvalid_i && order_rd_q != aw && order_rd_q != w;

  always_ff @(posedge clk_i) begin
    if (send) order[order_wr_q[OrderLog2-1:0]] <= grant_q;
  end

  order_t open;
  assign open = order_wr_q - order_rd_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      order_wr_q       <= '0;
      order_rd_q       <= '0;
      aw_q             <= '0;
      w_q              <= '0;
      order_free_q     <= 1'b0;
      idle_o           <= 1'b0;
      error_o          <= 1'b0;
      response_valid_o <= '0;
      response_error_o <= 1'b0;
    end else begin
      order_wr_q       <= order_wr_q + order_t'(send);
      order_rd_q       <= order_rd_q + order_t'(answered);
      aw_q             <= aw;
      w_q              <= w;
      order_free_q     <= open < order_t'(Order - 1);
      idle_o           <= open == '0 && !send;
      error_o          <= bvalid_i && !answered;
      response_valid_o <= '0;
      response_valid_o[owner] <= answered && !flush_i;
      response_error_o <= bresp_i[1];
    end
  end

  assign bready_o = 1'b1;

  // The address bits above the port's width are not there, and BRESP[0] tells only kinds of errors and successes apart.
  logic unused;
  assign unused = ^{addr, bresp_i[0]};

`ifdef FORMAL_WRITE_PORT
`include "write_port_properties.svh"
`endif

endmodule
