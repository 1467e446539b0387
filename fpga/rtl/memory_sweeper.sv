// Zeroizes card memory: one context's part, or all that was ever used.
//
// Each context has two regions, table and vector. For each there is a mark, in words: how much of it may hold something. At power-up a
// mark is the whole region; a sweep that ended without an error sets it to zero; the dispatcher raises it before an engine writes.
// request_i is a level: it stays until done_o, and done_o stays until request_i falls. all_i: every region, else those of context_i.
// After error_o (the memory answered with an error) the marks stay, so that the next sweep tries again. One word a cycle at best.
// flush_i: forgets the sweep under way; the marks stay.

module memory_sweeper #(
  parameter int unsigned Contexts = 16,
  parameter int unsigned TableLog2 = 12,
  parameter int unsigned VectorLog2 = 12,
  localparam int unsigned RegionLog2 = TableLog2 > VectorLog2 ? TableLog2 : VectorLog2
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  flush_i,

  input  logic                  request_i,
  input  logic                  all_i,
  input  logic [7:0]            context_i,
  output logic                  done_o,
  output logic                  error_o,

  input  logic                  mark_valid_i,
  input  logic                  mark_vector_i,
  input  logic [7:0]            mark_context_i,
  input  logic [RegionLog2-3:0] mark_words_i,

  output logic                  wr_req_valid_o,
  input  logic                  wr_req_ready_i,
  output logic [63:0]           wr_req_addr_o,
  output logic [8:0]            wr_req_words_o,
  output logic                  wr_valid_o,
  input  logic                  wr_ready_i,
  input  logic                  wr_done_i,
  input  logic                  wr_error_i
);

  localparam int unsigned Regions = 2 * Contexts;
  localparam int unsigned RegionWidth = $clog2(Regions);
  localparam int unsigned RequestWords = 256;
  typedef logic [RegionLog2-3:0] words_t;
  typedef logic [RegionWidth-1:0] region_t;

  localparam words_t TableWords = words_t'(2 ** (TableLog2 - 3));
  localparam words_t VectorWords = words_t'(2 ** (VectorLog2 - 3));

  typedef enum logic [2:0] {Idle, Load, Check, Request, Feed, Wait, Done} state_e;
  state_e state_d, state_q;

  // The even regions are tables, the odd ones vectors.
  words_t [Regions-1:0] mark_q;
  region_t     region_d, region_q, last_d, last_q;
  words_t      left_d, left_q;
  logic [63:0] addr_d, addr_q;
  logic [8:0]  feed_d, feed_q, words_d, words_q;
  logic        error_d, error_q;
  logic        cleared;

  logic [63:0] context_base;
  region_t     marked;
  assign context_base = (64'(region_q[RegionWidth-1:1]) << TableLog2) + (64'(region_q[RegionWidth-1:1]) << VectorLog2);
  assign marked       = {mark_context_i[RegionWidth-2:0], mark_vector_i};

  always_comb begin
    state_d  = state_q;
    region_d = region_q;
    last_d   = last_q;
    left_d   = left_q;
    addr_d   = addr_q;
    feed_d   = feed_q;
    words_d  = words_q;
    error_d  = error_q;
    cleared  = 1'b0;

    case (state_q)
      Idle: begin
        error_d  = 1'b0;
        region_d = all_i ? '0 : {context_i[RegionWidth-2:0], 1'b0};
        last_d   = all_i ? region_t'(Regions - 1) : {context_i[RegionWidth-2:0], 1'b1};
        if (request_i) state_d = Load;
      end
      Load: begin
        left_d  = mark_q[region_q];
        addr_d  = context_base + (region_q[0] ? 64'd1 << TableLog2 : 64'd0);
        state_d = Check;
      end
      Check: begin
        words_d = left_q < words_t'(RequestWords) || RegionLog2 < 11 ? 9'(left_q) : 9'(RequestWords);
        if (left_q != '0) begin
          state_d = Request;
        end else begin
          cleared  = 1'b1;
          region_d = region_q + region_t'(1);
          state_d  = region_q == last_q ? Done : Load;
        end
      end
      Request: begin
        feed_d = words_q;
        if (wr_req_ready_i) state_d = Feed;
      end
      Feed: begin
        if (wr_ready_i) begin
          feed_d = feed_q - 9'd1;
          if (feed_q == 9'd1) state_d = Wait;
        end
      end
      Wait: begin
        if (wr_done_i) begin
          left_d  = left_q - words_t'(words_q);
          addr_d  = addr_q + {52'd0, words_q, 3'd0};
          error_d = wr_error_i;
          state_d = wr_error_i ? Done : Check;
        end
      end
      Done: begin
        if (!request_i) state_d = Idle;
      end
      default: state_d = Idle;
    endcase

    if (flush_i) begin
      state_d = Idle;
      cleared = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q  <= Idle;
      region_q <= '0;
      last_q   <= '0;
      error_q  <= 1'b0;
      mark_q   <= {Contexts{VectorWords, TableWords}};
    end else begin
      state_q  <= state_d;
      region_q <= region_d;
      last_q   <= last_d;
      error_q  <= error_d;
      if (cleared) begin
        mark_q[region_q] <= '0;
      end else if (mark_valid_i && mark_words_i > mark_q[marked]) begin
        mark_q[marked] <= mark_words_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    left_q  <= left_d;
    addr_q  <= addr_d;
    feed_q  <= feed_d;
    words_q <= words_d;
  end

  assign done_o         = state_q == Done;
  assign error_o        = error_q;
  assign wr_req_valid_o = state_q == Request;
  assign wr_req_addr_o  = addr_q;
  assign wr_req_words_o = words_q;
  assign wr_valid_o     = state_q == Feed;

  // Context ids are wider than this card has contexts.
  logic unused;
  assign unused = ^{context_i, mark_context_i};

endmodule
