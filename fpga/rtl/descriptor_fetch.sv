// Reads descriptors from the submission ring, one ahead of the dispatcher.
//
// fetched_o is the free-running count of descriptors asked for. Nothing is read at or beyond tail_i. fault_o (level): a read failed; no
// further descriptor is fetched until clear_i, which also forgets counts and the descriptor in hand.

module descriptor_fetch (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         clear_i,

  input  logic         run_i,
  input  logic [63:0]  base_i,       // of the ring
  input  logic [15:0]  index_mask_i, // entries - 1
  input  logic [15:0]  tail_i,
  output logic [15:0]  fetched_o,
  output logic         fault_o,

  output logic         rd_req_valid_o,
  input  logic         rd_req_ready_i,
  output logic [63:0]  rd_req_addr_o,
  output logic [8:0]   rd_req_words_o,
  input  logic         rd_valid_i,
  output logic         rd_ready_o,
  input  logic [63:0]  rd_data_i,
  input  logic         rd_error_i,

  output logic         descriptor_valid_o,
  input  logic         descriptor_ready_i,
  output logic [511:0] descriptor_o
);

  typedef enum logic [2:0] {Idle, Request, Receive, Offer, Fault} state_e;
  state_e state_d, state_q;

  logic [15:0]  fetched_d, fetched_q;
  logic [63:0]  addr_q;
  logic [2:0]   count_d, count_q;
  logic         error_d, error_q;
  logic [511:0] words_q;

  logic [15:0] entry;
  assign entry = fetched_q & index_mask_i;

  always_comb begin
    state_d   = state_q;
    fetched_d = fetched_q;
    count_d   = count_q;
    error_d   = error_q;

    case (state_q)
      Idle: begin
        count_d = '0;
        error_d = 1'b0;
        if (run_i && fetched_q != tail_i) state_d = Request;
      end
      Request: begin
        if (rd_req_ready_i) begin
          fetched_d = fetched_q + 16'd1;
          state_d   = Receive;
        end
      end
      Receive: begin
        if (rd_valid_i) begin
          count_d = count_q + 3'd1;
          error_d = error_q || rd_error_i;
          if (count_q == 3'd7) state_d = error_d ? Fault : Offer;
        end
      end
      Offer: begin
        if (descriptor_ready_i) state_d = Idle;
      end
      Fault: state_d = Fault;
      default: state_d = Idle;
    endcase

    if (clear_i) begin
      state_d   = Idle;
      fetched_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= Idle;
      fetched_q <= '0;
      count_q   <= '0;
      error_q   <= 1'b0;
    end else begin
      state_q   <= state_d;
      fetched_q <= fetched_d;
      count_q   <= count_d;
      error_q   <= error_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Idle) addr_q <= base_i + {42'd0, entry, 6'd0};
    if (state_q == Receive && rd_valid_i) words_q <= {rd_data_i, words_q[511:64]};
  end

  assign fetched_o          = fetched_q;
  assign fault_o            = state_q == Fault;
  assign rd_req_valid_o     = state_q == Request;
  assign rd_req_addr_o      = addr_q;
  assign rd_req_words_o     = 9'd8;
  assign rd_ready_o         = state_q == Receive;
  assign descriptor_valid_o = state_q == Offer;
  assign descriptor_o       = words_q;

endmodule
