// Writes completions into the completion ring, one at a time.
//
// Words 1 to 3 first; when they are acknowledged word 0, whose phase bit makes the entry valid for the host. While the host has not taken
// as many as the ring has entries (head_i) the next completion waits.
// written_o counts completions (modulo 2^32) from the moment their first word is on its way, because the host may see it and answer with
// its head and tail before the acknowledgement is here; acknowledged_o counts modulo 2^16 when it is. completed_o: a pulse with that.
// fault_o (level) with fault_code_o: a write failed, or a job ended with a fault. A job's fault counts after its completion is written, or
// at once if it can't be: the ring is full, or the fault leaves no status to report. After a fault nothing is written until clear_i.

module completion_writer (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,

  input  logic                   run_i,
  input  logic [63:0]            base_i,        // of the ring
  input  logic [3:0]             log2_i,        // of its entries
  input  logic [15:0]            index_mask_i,  // entries - 1
  input  logic [15:0]            head_i,
  output logic [15:0]            written_o,
  output logic [15:0]            acknowledged_o,
  output logic                   completed_o,
  output logic                   fault_o,
  output logic [7:0]             fault_code_o,

  input  logic                   completion_valid_i,
  output logic                   completion_ready_o,
  input  shell_pkg::completion_t completion_i,

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

  typedef enum logic [3:0] {
    Idle, Room, RestRequest, RestItems, RestBytes, RestZero, RestWait, FirstRequest, FirstWord, FirstWait, End, Fault
  } state_e;
  state_e state_d, state_q;

  shell_pkg::completion_t completion_q;
  logic [31:0] written_d, written_q;
  logic [15:0] acknowledged_d, acknowledged_q;
  logic [7:0]  code_d, code_q;
  logic [63:0] addr_q;
  logic        full_q;
  logic        completed_d, completed_q;

  logic [15:0] entry;
  logic        phase, reportable;
  assign entry      = written_q[15:0] & index_mask_i;
  assign phase      = ~written_q[{1'b0, log2_i}];
  assign reportable = completion_q.fault == card_pkg::FaultNone
                      || (completion_q.fault == card_pkg::FaultDma && completion_q.status != card_pkg::StatusOk);

  always_comb begin
    state_d        = state_q;
    written_d      = written_q;
    acknowledged_d = acknowledged_q;
    code_d         = code_q;
    completed_d    = 1'b0;

    case (state_q)
      Idle: begin
        if (completion_valid_i && run_i) state_d = Room;
      end
      Room: begin
        code_d = completion_q.fault;
        if (!reportable) state_d = Fault;
        else if (!full_q) state_d = RestRequest;
        else if (completion_q.fault != card_pkg::FaultNone) state_d = Fault;
      end
      RestRequest: if (wr_req_ready_i) state_d = RestItems;
      RestItems:   if (wr_ready_i) state_d = RestBytes;
      RestBytes:   if (wr_ready_i) state_d = RestZero;
      RestZero:    if (wr_ready_i) state_d = RestWait;
      RestWait: begin
        if (wr_done_i) state_d = wr_error_i ? Fault : FirstRequest;
        if (wr_done_i && wr_error_i) code_d = card_pkg::FaultDma;
      end
      FirstRequest: if (wr_req_ready_i) state_d = FirstWord;
      FirstWord: begin
        if (wr_ready_i) begin
          written_d = written_q + 32'd1;
          state_d   = FirstWait;
        end
      end
      FirstWait: begin
        if (wr_done_i) begin
          acknowledged_d = written_q[15:0];
          completed_d    = !wr_error_i;
          state_d        = wr_error_i ? Fault : End;
        end
        if (wr_done_i && wr_error_i) code_d = card_pkg::FaultDma;
      end
      End:   state_d = completion_q.fault == card_pkg::FaultNone ? Idle : Fault;
      Fault: state_d = Fault;
      default: state_d = Idle;
    endcase

    if (clear_i) begin
      state_d        = Idle;
      written_d      = '0;
      acknowledged_d = '0;
      completed_d    = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q        <= Idle;
      written_q      <= '0;
      acknowledged_q <= '0;
      code_q         <= card_pkg::FaultNone;
      completed_q    <= 1'b0;
      full_q         <= 1'b1;
    end else begin
      state_q        <= state_d;
      written_q      <= written_d;
      acknowledged_q <= acknowledged_d;
      code_q         <= code_d;
      completed_q    <= completed_d;
      // Late by a cycle: only the host makes room meanwhile.
      full_q         <= (written_q[15:0] - head_i) > index_mask_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Idle) completion_q <= completion_i;
    // Word 1 of the entry at first, word 0 afterwards.
    if (state_q == Room) addr_q <= base_i + {43'd0, entry, 5'd8};
    else if (state_q == RestWait) addr_q <= {addr_q[63:5], 5'd0};
  end

  logic [63:0] word;
  always_comb begin
    word = '0;
    case (state_q)
      RestItems: word = {48'd0, completion_q.items};
      RestBytes: word = completion_q.bytes;
      FirstWord: word = {written_q, 7'd0, phase, completion_q.status, completion_q.tag};
      default:   word = '0;
    endcase
  end

  assign completion_ready_o = state_q == Idle && run_i;
  assign written_o          = written_q[15:0];
  assign acknowledged_o     = acknowledged_q;
  assign completed_o        = completed_q;
  assign fault_o            = state_q == Fault;
  assign fault_code_o       = code_q;
  assign wr_req_valid_o     = state_q == RestRequest || state_q == FirstRequest;
  assign wr_req_addr_o      = addr_q;
  assign wr_req_words_o     = state_q == RestRequest ? 9'd3 : 9'd1;
  assign wr_valid_o         = state_q == RestItems || state_q == RestBytes || state_q == RestZero || state_q == FirstWord;
  assign wr_data_o          = word;

endmodule
