// The read requests of one client: cuts each into bursts, and buffers what comes back.
//
// A request is 1..511 words at a multiple of 8 bytes. A burst is asked for only when the buffer has room for all of it, so that the
// bus never waits for a slow client. The next request is taken when the last word of the one before has come from the bus.
// Three cycles a burst beside the arbitration.
// flush_i: forgets the request and its address, drops what is delivered and zeroizes the buffer (flushed_o after 2^BufferLog2 + 1 cycles).
// It must stay until the read ports are idle or in a flush of their own.

module read_channel #(
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

  output logic        rd_valid_o,
  input  logic        rd_ready_i,
  output logic [63:0] rd_data_o,
  output logic        rd_error_o,

  output logic        burst_valid_o,
  output logic        burst_space_o,
  output logic [63:0] burst_addr_o,
  output logic [6:0]  burst_beats_o,
  input  logic        burst_taken_i,

  input  logic        beat_valid_i,
  input  logic [63:0] beat_data_i,
  input  logic        beat_error_i
);

  localparam int unsigned Capacity = 2 ** BufferLog2;
  typedef logic [BufferLog2:0] count_t;

  typedef enum logic [2:0] {Idle, Size, Room, Offer, Arrive} state_e;
  state_e state_d, state_q;

  logic [63:0] addr_d, addr_q;
  logic [8:0]  left_d, left_q;          // words of the request that no burst was asked for yet
  logic [8:0]  coming_d, coming_q;      // words asked for that have not come
  logic [6:0]  beats_d, beats_q;
  logic        space_d, space_q;
  count_t      reserved_d, reserved_q;  // words asked for that the client has not taken

  logic [6:0] to_boundary;
  logic       popped;
  assign to_boundary = 7'(shell_pkg::BurstWords) - {1'b0, addr_q[8:3]};
  assign popped      = rd_valid_o && rd_ready_i;

  always_comb begin
    state_d    = state_q;
    addr_d     = addr_q;
    left_d     = left_q;
    coming_d   = coming_q - 9'(beat_valid_i);
    beats_d    = beats_q;
    space_d    = space_q;
    reserved_d = reserved_q - count_t'(popped);

    case (state_q)
      Idle: begin
        if (req_valid_i) begin
          addr_d  = req_addr_i;
          left_d  = req_words_i;
          space_d = req_space_i;
          state_d = Size;
        end
      end
      Size: begin
        beats_d = left_q < 9'(to_boundary) ? left_q[6:0] : to_boundary;
        state_d = Room;
      end
      Room: begin
        if (reserved_q <= count_t'(Capacity) - count_t'(beats_q)) state_d = Offer;
      end
      Offer: begin
        if (burst_taken_i) begin
          reserved_d = reserved_q + count_t'(beats_q) - count_t'(popped);
          coming_d   = coming_q + 9'(beats_q) - 9'(beat_valid_i);
          left_d     = left_q - 9'(beats_q);
          addr_d     = addr_q + {54'd0, beats_q, 3'd0};
          state_d    = left_q == 9'(beats_q) ? Arrive : Size;
        end
      end
      Arrive: begin
        if (coming_q == '0) state_d = Idle;
      end
      default: state_d = Idle;
    endcase

    if (flush_i) begin
      state_d    = Idle;
      addr_d     = '0;
      left_d     = '0;
      coming_d   = '0;
      beats_d    = '0;
      space_d    = 1'b0;
      reserved_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q    <= Idle;
      coming_q   <= '0;
      reserved_q <= '0;
    end else begin
      state_q    <= state_d;
      coming_q   <= coming_d;
      reserved_q <= reserved_d;
    end
  end

  always_ff @(posedge clk_i) begin
    addr_q  <= addr_d;
    left_q  <= left_d;
    beats_q <= beats_d;
    space_q <= space_d;
  end

  word_fifo #(
    .Width     (65),
    .DepthLog2 (BufferLog2)
  ) u_buffer (
    .clk_i,
    .rst_ni,
    .clear_i    (flush_i),
    .cleared_o  (flushed_o),
    .wr_valid_i (beat_valid_i),
    .wr_data_i  ({beat_error_i, beat_data_i}),
    .rd_valid_o,
    .rd_ready_i,
    .rd_data_o  ({rd_error_o, rd_data_o}),
    .level_o    (unused_level)
  );
  count_t unused_level;

  assign req_ready_o   = state_q == Idle && !flush_i;
  assign burst_valid_o = state_q == Offer;
  assign burst_space_o = space_q;
  assign burst_addr_o  = addr_q;
  assign burst_beats_o = beats_q;

`ifdef FORMAL_READ_CHANNEL
`include "read_channel_properties.svh"
`endif

endmodule
