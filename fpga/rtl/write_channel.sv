// The write requests of one client: takes the words, cuts the request into bursts, and says when all is written.
//
// A request is 1..511 words at a multiple of 8 bytes. A burst is offered only when all of its words are in the buffer, so that the bus
// never waits for a slow client. wr_done_o is a pulse after the last response, with wr_error_o if any response was an error; then the
// next request is taken. Three cycles a burst beside the arbitration.
// flush_i: forgets the request and its address and zeroizes the buffer (flushed_o after 2^BufferLog2 + 1 cycles); a burst already taken is
// ended by the write port without the buffer. It must stay until the write ports are idle or in a flush of their own.

module write_channel #(
  parameter int unsigned BufferLog2 = 7
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        flush_i,
  output logic        flushed_o,

  input  logic        req_valid_i,
  output logic        req_ready_o,
  input  logic        req_space_i,
  input  logic [63:0] req_addr_i,
  input  logic [8:0]  req_words_i,

  input  logic        wr_valid_i,
  output logic        wr_ready_o,
  input  logic [63:0] wr_data_i,

  output logic        wr_done_o,
  output logic        wr_error_o,

  output logic        burst_valid_o,
  output logic        burst_space_o,
  output logic [63:0] burst_addr_o,
  output logic [6:0]  burst_beats_o,
  input  logic        burst_taken_i,

  output logic        beat_valid_o,
  input  logic        beat_ready_i,
  output logic [63:0] beat_data_o,

  input  logic        response_valid_i,
  input  logic        response_error_i
);

  localparam int unsigned Capacity = 2 ** BufferLog2;
  typedef logic [BufferLog2:0] count_t;

  typedef enum logic [2:0] {Idle, Size, Fill, Offer, Respond} state_e;
  state_e state_d, state_q;

  logic [63:0] addr_d, addr_q;
  logic [8:0]  left_d, left_q;        // words of the request that are in no burst yet
  logic [8:0]  take_d, take_q;        // words of the request that the client has not given yet
  logic [6:0]  beats_d, beats_q;
  logic        space_d, space_q;
  count_t      waiting_d, waiting_q;  // words in the buffer that are in no burst yet
  logic [3:0]  open_d, open_q;        // bursts without a response: at most 9 in a request
  logic        error_d, error_q, done_d, done_q;

  count_t     level;
  logic [6:0] to_boundary;
  logic       push;
  assign to_boundary = 7'(shell_pkg::BurstWords) - {1'b0, addr_q[8:3]};
  assign push        = wr_valid_i && wr_ready_o;

  always_comb begin
    state_d   = state_q;
    addr_d    = addr_q;
    left_d    = left_q;
    take_d    = take_q - 9'(push);
    beats_d   = beats_q;
    space_d   = space_q;
    waiting_d = waiting_q + count_t'(push);
    open_d    = open_q - 4'(response_valid_i);
    error_d   = error_q || (response_valid_i && response_error_i);
    done_d    = 1'b0;

    case (state_q)
      Idle: begin
        error_d = 1'b0;
        if (req_valid_i) begin
          addr_d  = req_addr_i;
          left_d  = req_words_i;
          take_d  = req_words_i;
          space_d = req_space_i;
          state_d = Size;
        end
      end
      Size: begin
        beats_d = left_q < 9'(to_boundary) ? left_q[6:0] : to_boundary;
        state_d = Fill;
      end
      Fill: begin
        if (waiting_q >= count_t'(beats_q)) state_d = Offer;
      end
      Offer: begin
        if (burst_taken_i) begin
          waiting_d = waiting_q - count_t'(beats_q) + count_t'(push);
          open_d    = open_q + 4'd1 - 4'(response_valid_i);
          left_d    = left_q - 9'(beats_q);
          addr_d    = addr_q + {54'd0, beats_q, 3'd0};
          state_d   = left_q == 9'(beats_q) ? Respond : Size;
        end
      end
      Respond: begin
        if (open_q == '0) begin
          done_d  = 1'b1;
          state_d = Idle;
        end
      end
      default: state_d = Idle;
    endcase

    if (flush_i) begin
      state_d   = Idle;
      addr_d    = '0;
      left_d    = '0;
      beats_d   = '0;
      space_d   = 1'b0;
      take_d    = '0;
      waiting_d = '0;
      open_d    = '0;
      done_d    = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= Idle;
      take_q    <= '0;
      waiting_q <= '0;
      open_q    <= '0;
      done_q    <= 1'b0;
      error_q   <= 1'b0;
    end else begin
      state_q   <= state_d;
      take_q    <= take_d;
      waiting_q <= waiting_d;
      open_q    <= open_d;
      done_q    <= done_d;
      error_q   <= error_d;
    end
  end

  always_ff @(posedge clk_i) begin
    addr_q  <= addr_d;
    left_q  <= left_d;
    beats_q <= beats_d;
    space_q <= space_d;
  end

  word_fifo #(
    .Width     (64),
    .DepthLog2 (BufferLog2)
  ) u_buffer (
    .clk_i,
    .rst_ni,
    .clear_i    (flush_i),
    .cleared_o  (flushed_o),
    .wr_valid_i (push),
    .wr_data_i,
    .rd_valid_o (beat_valid_o),
    .rd_ready_i (beat_ready_i),
    .rd_data_o  (beat_data_o),
    .level_o    (level)
  );

  assign req_ready_o   = state_q == Idle && !done_q && !flush_i;
  assign wr_ready_o    = take_q != '0 && level != count_t'(Capacity) && !flush_i;
  assign wr_done_o     = done_q;
  assign wr_error_o    = error_q;
  assign burst_valid_o = state_q == Offer;
  assign burst_space_o = space_q;
  assign burst_addr_o  = addr_q;
  assign burst_beats_o = beats_q;

`ifdef FORMAL_WRITE_CHANNEL
`include "write_channel_properties.svh"
`endif

endmodule
