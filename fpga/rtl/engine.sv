// One engine: runs a job, an item a slot, so that the multipliers always have a product to go on with.
//
// Interface and addresses: fpga/docs/interfaces.md. Parts: slot_sequencer (what an item takes), operand_loader, product_unit (the
// multipliers), result_buffer. A job is one operation of one context, so that all slots share modulus and widths.
// Cycles of a job: rows * words for each product of each item, plus loading and writing where no other slot has a product to do;
// the same for all operands of the same widths.
// Zeroized: everything, in 2^SweepWidth + 2 cycles, after power-up and when wipe_i is raised; the context and all slots before a
// context is loaded and when it is unloaded. Slots keep intermediate values between jobs until then; no job can read them.
// After a memory error or a parity error the job ends with a fault, for which the card locks itself.

module engine #(
  parameter int unsigned WA        = 17,
  parameter int unsigned WB        = 26,
  parameter int unsigned Columns   = 16,  // a power of two
  parameter int unsigned Slots     = 4,   // a power of two
  parameter int unsigned Contexts  = 8,   // a power of two
  parameter int unsigned TableLog2  = 20,
  parameter int unsigned VectorLog2 = 20
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        job_valid_i,
  output logic        job_ready_o,
  input  card_pkg::engine_job_t job_i,
  output logic        done_valid_o,
  input  logic        done_ready_i,
  output logic [7:0]  done_status_o,
  output logic [7:0]  done_fault_o,
  input  logic        wipe_i,
  output logic        wiped_o,
  output logic        rd_req_valid_o,
  input  logic        rd_req_ready_i,
  output logic        rd_req_space_o,
  output logic [63:0] rd_req_addr_o,
  output logic [8:0]  rd_req_words_o,
  input  logic        rd_valid_i,
  output logic        rd_ready_o,
  input  logic [63:0] rd_data_i,
  input  logic        rd_error_i,
  output logic        wr_req_valid_o,
  input  logic        wr_req_ready_i,
  output logic        wr_req_space_o,
  output logic [63:0] wr_req_addr_o,
  output logic [8:0]  wr_req_words_o,
  output logic        wr_valid_o,
  input  logic        wr_ready_i,
  output logic [63:0] wr_data_o,
  input  logic        wr_done_i,
  input  logic        wr_error_i,
  output logic        count_product_o,
  output logic        count_row_o,
  output logic        count_wait_o
);

  localparam int unsigned SlotWidth    = (Slots > 1) ? $clog2(Slots) : 1;
  localparam int unsigned ContextWidth = (Contexts > 1) ? $clog2(Contexts) : 1;
  localparam int unsigned LaneBits     = $clog2(Columns);
  localparam int unsigned MaxWords     = engine_pkg::words(card_pkg::MaxLimbs, WB, Columns);
  localparam int unsigned WordWidth    = (MaxWords > 1) ? $clog2(MaxWords) : 1;
  localparam int unsigned ColWidth     = WordWidth + LaneBits;
  localparam int unsigned RowWidth     = $clog2(engine_pkg::rows(card_pkg::MaxLimbs, WA) + 1);
  localparam int unsigned EntryAddr    = SlotWidth + engine_pkg::EntryWidth + WordWidth;
  localparam int unsigned ContextAddr  = ContextWidth + 7;
  localparam int unsigned SweepMost    = (EntryAddr > ContextAddr) ? EntryAddr : ContextAddr;
  localparam int unsigned SweepWidth   = (SweepMost > ColWidth) ? SweepMost : ColWidth;

  // Rows and words of a product for each width in limbs.
  localparam int unsigned Widths = card_pkg::MaxLimbs + 1;
  localparam logic [Widths*16-1:0] RowsOf     = rows_table();
  localparam logic [Widths*16-1:0] LastWordOf = last_word_table();

  function automatic logic [Widths*16-1:0] rows_table();
    for (int unsigned l = 0; l < Widths; l++) rows_table[l*16 +: 16] = 16'(engine_pkg::rows(l, WA));
  endfunction

  function automatic logic [Widths*16-1:0] last_word_table();
    for (int unsigned l = 0; l < Widths; l++) last_word_table[l*16 +: 16] = 16'(engine_pkg::words(l, WB, Columns) - 1);
  endfunction

  typedef enum logic [3:0] { StSweep, StIdle, StModulus, StRsquared, StInverse, StExponent, StIndex, StRun, StDone } state_e;
  state_e state_q, state_d;

  card_pkg::engine_job_t           job_q;
  logic [SweepWidth:0]   sweep_q, sweep_d;
  logic                  sweep_all_q, sweep_all_d;  // otherwise the job's context alone
  logic                  swept_q, swept_d;          // since wipe_i was raised
  logic                  issued_q, issued_d;
  logic [15:0]           items_q, items_d;
  logic [7:0]            status_q, status_d, fault_q, fault_d;
  logic [6:0]            step_q, step_d;
  logic                  sweep, clear;

  assign sweep = state_q == StSweep;
  assign clear = sweep;

  logic [ContextWidth-1:0] context_id;
  logic [6:0]              limbs;
  logic                    is_load, is_unload, builds_table;
  assign context_id   = job_q.context_id[ContextWidth-1:0];
  assign limbs        = job_q.limbs[6:0];
  assign is_load      = job_q.operation == card_pkg::OpLoadContext;
  assign is_unload    = job_q.operation == card_pkg::OpUnloadContext;
  assign builds_table = is_load && job_q.primary && (job_q.exponent_bits != '0);

  // ---- addresses ----
  logic [63:0] source_q, aux_q, destination_q, table_base_q, vector_base_q, index_q;
  logic [9:0]  operand_bytes, source_bytes;
  logic        assign_item;
  assign operand_bytes = {limbs, 3'd0};
  assign source_bytes  = ((job_q.operation == card_pkg::OpFixedBase) || (job_q.operation == card_pkg::OpMultiplyAccumulate)) ?
                         {job_q.exponent_limbs[6:0], 3'd0} : operand_bytes;

  always_ff @(posedge clk_i) begin
    if (job_valid_i && job_ready_o) begin
      source_q      <= job_i.source;
      aux_q         <= job_i.aux;
      destination_q <= job_i.destination;
      table_base_q  <= (64'(job_i.context_id) << TableLog2) + (64'(job_i.context_id) << VectorLog2);
    end else if (assign_item) begin
      source_q      <= source_q + 64'(source_bytes);
      aux_q         <= aux_q + 64'(operand_bytes);
      destination_q <= destination_q + 64'(operand_bytes);
    end else if (state_q == StIndex && step_q == 7'd8) begin
      // LoadVector: from the index of the first item to its place in card memory.
      destination_q <= vector_base_q + (index_q << 3);
    end
    vector_base_q <= table_base_q + (64'd1 << TableLog2);
    // index * limbs, a bit of limbs in each of steps 1 to 7.
    if (state_q != StIndex) index_q <= '0;
    else if ((step_q != '0) && (step_q < 7'd8)) index_q <= (index_q << 1) + (limbs[3'(7'd7 - step_q)] ? job_q.destination : '0);
  end

  // ---- -1/N mod 2^WA, a bit a cycle: x with N x + 1 = 0 ----
  logic [Contexts-1:0][WA-1:0] n0_q;
  logic [WA-1:0]               low_digit_q, inverse_q, sum_q;
  logic                        inverse_bit;
  assign inverse_bit = sum_q[step_q[$clog2(WA)-1:0]];

  // ---- slots ----
  logic [Slots-1:0]                 start, idle, load_valid, load_ready, load_done, product_start, product_one, product_emit, product_done;
  logic [Slots-1:0]                 write_start, write_done, write_space, load_space;
  logic [Slots-1:0][63:0]           load_addr, write_addr;
  logic [Slots-1:0][6:0]            load_words;
  logic [Slots-1:0][2:0]            load_dest;
  logic [Slots-1:0][1:0]            load_check, product_from;
  logic [Slots-1:0][engine_pkg::EntryWidth-1:0] product_entry, product_to;
  logic [Slots-1:0]                 exponent_bad;
  logic                             abort;

  logic                 own_load, loader_valid, loader_ready, loader_done, loader_bad, loader_failed, loader_space;
  logic                 loader_own_q;
  logic [SlotWidth-1:0] pick, loader_slot_q;
  logic                 word_valid, digit_valid, digit_ready;
  logic [6:0]           word_index;
  logic [63:0]          word;
  logic [2:0]           load_to;
  logic [ColWidth-1:0]  digit_index;
  logic [WB-1:0]        digit;

  for (genvar s = 0; s < Slots; s++) begin : gen_slot
    slot_sequencer u_sequencer (
      .clk_i, .rst_ni, .clear_i(clear), .abort_i(abort), .sweep_i(sweep), .sweep_addr_i(sweep_q[6:0]),
      .job_i(job_q), .table_base_i(table_base_q), .vector_base_i(vector_base_q),
      .start_i(start[s]), .source_i(source_q), .aux_i(aux_q), .destination_i(destination_q), .idle_o(idle[s]),
      .exponent_we_i(word_valid && (load_to == engine_pkg::DestExponent) && (loader_own_q || (loader_slot_q == SlotWidth'(s)))),
      .exponent_waddr_i(word_index), .exponent_wdata_i(word), .parity_error_o(exponent_bad[s]),
      .load_valid_o(load_valid[s]), .load_ready_i(load_ready[s]), .load_done_i(load_done[s]),
      .load_addr_o(load_addr[s]), .load_space_o(load_space[s]), .load_words_o(load_words[s]),
      .load_dest_o(load_dest[s]), .load_check_o(load_check[s]),
      .product_start_o(product_start[s]), .product_done_i(product_done[s]), .product_from_o(product_from[s]),
      .product_entry_o(product_entry[s]), .product_one_o(product_one[s]), .product_to_o(product_to[s]),
      .product_emit_o(product_emit[s]),
      .write_start_o(write_start[s]), .write_done_i(write_done[s]), .write_space_o(write_space[s]), .write_addr_o(write_addr[s])
    );
  end

  // One item a cycle, to the lowest idle slot.
  always_comb begin
    start       = '0;
    assign_item = 1'b0;
    if ((state_q == StRun) && (items_q != '0)) begin
      for (int unsigned s = 0; s < Slots; s++) begin
        if (idle[s] && !assign_item) begin
          start[s]    = 1'b1;
          assign_item = 1'b1;
        end
      end
    end
  end

  // ---- loader: the engine's own requests come when no slot has one ----
  assign own_load     = ((state_q == StModulus) || (state_q == StRsquared) || (state_q == StExponent)) && !issued_q;
  assign loader_valid = own_load || (load_valid != '0);

  always_comb begin
    pick = '0;
    for (int unsigned s = Slots; s > 0; s--) begin
      if (load_valid[s-1]) pick = SlotWidth'(s - 1);
    end
    load_ready = '0;
    load_ready[pick] = loader_ready && !own_load && (load_valid != '0);
    load_done = '0;
    load_done[loader_slot_q] = loader_done && !loader_own_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loader_own_q  <= 1'b0;
      loader_slot_q <= '0;
    end else if (loader_valid && loader_ready) begin
      loader_own_q  <= own_load;
      loader_slot_q <= pick;
    end
  end

  logic [63:0] own_addr;
  logic [6:0]  own_words;
  logic [2:0]  own_dest;
  logic [1:0]  own_check;

  always_comb begin
    own_addr  = job_q.source;
    own_words = limbs;
    own_dest  = engine_pkg::DestModulus;
    own_check = engine_pkg::CheckModulus;
    if (state_q == StRsquared) begin
      own_addr  = job_q.source + 64'(operand_bytes);
      own_dest  = engine_pkg::DestRsquared;
      own_check = engine_pkg::CheckBelow;
    end else if (state_q == StExponent) begin
      // The exponent of Modexp has any value that its width allows.
      own_addr  = job_q.aux;
      own_words = job_q.exponent_limbs[6:0];
      own_dest  = engine_pkg::DestExponent;
      own_check = engine_pkg::CheckBits;
    end
  end

  logic [6:0]  loader_modulus_addr, result_modulus_addr;
  logic [63:0] loader_modulus, result_modulus;
  logic        loader_modulus_bad, result_modulus_bad, loader_parity, result_parity;
  logic [RowWidth-1:0]  job_rows;
  logic [WordWidth-1:0] job_last_word;

  operand_loader #(
    .WB(WB), .ColWidth(ColWidth)
  ) u_loader (
    .clk_i, .rst_ni, .clear_i(clear),
    .columns_i({1'b0, job_last_word, {LaneBits{1'b1}}} + 1'b1),
    .exponent_bits_i((job_q.operation == card_pkg::OpFixedBase) ? job_q.exponent_bits : '1), .vector_items_i(job_q.vector_items),
    .valid_i(loader_valid), .ready_o(loader_ready),
    .addr_i(own_load ? own_addr : load_addr[pick]), .space_i(own_load ? card_pkg::SpaceHost : load_space[pick]),
    .words_i(own_load ? own_words : load_words[pick]), .dest_i(own_load ? own_dest : load_dest[pick]),
    .check_i(own_load ? own_check : load_check[pick]),
    .done_o(loader_done), .bad_o(loader_bad), .failed_o(loader_failed), .space_o(loader_space),
    .modulus_addr_o(loader_modulus_addr), .modulus_i(loader_modulus), .modulus_bad_i(loader_modulus_bad), .parity_error_o(loader_parity),
    .word_valid_o(word_valid), .word_index_o(word_index), .word_o(word), .dest_o(load_to),
    .digit_valid_o(digit_valid), .digit_ready_i(digit_ready), .digit_index_o(digit_index), .digit_o(digit),
    .rd_req_valid_o, .rd_req_ready_i, .rd_req_space_o, .rd_req_addr_o, .rd_req_words_o,
    .rd_valid_i, .rd_ready_o, .rd_data_i, .rd_error_i
  );

  // The modulus in words of 64 bits, for comparisons: one memory for what comes in, one for what goes out.
  logic [ContextAddr-1:0] word_sweep_addr;
  logic we_modulus_word;
  assign word_sweep_addr = sweep_all_q ? sweep_q[ContextAddr-1:0] : {context_id, sweep_q[6:0]};
  assign we_modulus_word = word_valid && (load_to == engine_pkg::DestModulus);

  secret_ram #(
    .AddrWidth(ContextAddr), .Lanes(1), .LaneWidth(64), .ReadStages(1), .Parity(1)
  ) u_modulus_in (
    .clk_i, .sweep_i(sweep), .sweep_addr_i(word_sweep_addr),
    .we_i(we_modulus_word), .waddr_i({context_id, word_index}), .wdata_i(word),
    .raddr_i({context_id, loader_modulus_addr}), .rdata_o(loader_modulus), .bad_o(loader_modulus_bad)
  );

  secret_ram #(
    .AddrWidth(ContextAddr), .Lanes(1), .LaneWidth(64), .ReadStages(1), .Parity(1)
  ) u_modulus_out (
    .clk_i, .sweep_i(sweep), .sweep_addr_i(word_sweep_addr),
    .we_i(we_modulus_word), .waddr_i({context_id, word_index}), .wdata_i(word),
    .raddr_i({context_id, result_modulus_addr}), .rdata_o(result_modulus), .bad_o(result_modulus_bad)
  );

  // ---- products ----
  logic                 result_valid, result_first, result_last, parity_error, row;
  logic [SlotWidth-1:0] result_slot;
  logic [WB-1:0]        result_digit;

  product_unit #(
    .WA(WA), .WB(WB), .Columns(Columns), .Slots(Slots), .ContextWidth(ContextWidth), .WordWidth(WordWidth),
    .SweepWidth(SweepWidth), .RowWidth(RowWidth)
  ) u_products (
    .clk_i, .rst_ni, .clear_i(clear), .sweep_i(sweep), .sweep_addr_i(sweep_q[SweepWidth-1:0]),
    .context_sweep_addr_i(sweep_all_q ? sweep_q[ContextWidth+WordWidth-1:0] : {context_id, sweep_q[WordWidth-1:0]}),
    .context_i(context_id), .last_word_i(job_last_word), .rows_i(job_rows), .n0_i(n0_q[context_id]),
    .write_valid_i(digit_valid), .write_ready_o(digit_ready), .write_dest_i(load_to), .write_slot_i(loader_slot_q),
    .write_index_i(digit_index), .write_digit_i(digit),
    .start_i(product_start), .from_i(product_from), .entry_i(product_entry), .one_i(product_one), .to_i(product_to),
    .done_o(product_done),
    .result_valid_o(result_valid), .result_slot_o(result_slot), .result_first_o(result_first), .result_last_o(result_last),
    .result_digit_o(result_digit),
    .parity_error_o(parity_error), .row_o(row)
  );

  // ---- results ----
  logic write_failed, write_failed_space;

  result_buffer #(
    .WB(WB), .Slots(Slots)
  ) u_results (
    .clk_i, .rst_ni, .clear_i(clear), .sweep_i(sweep), .sweep_addr_i(sweep_q[SlotWidth+6:0]),
    .limbs_i(limbs),
    .digit_valid_i(result_valid && product_emit[result_slot]), .slot_i(result_slot), .first_i(result_first), .last_i(result_last),
    .digit_i(result_digit),
    .modulus_addr_o(result_modulus_addr), .modulus_i(result_modulus), .modulus_bad_i(result_modulus_bad), .parity_error_o(result_parity),
    .write_i(write_start), .write_space_i(write_space), .write_addr_i(write_addr), .written_o(write_done),
    .failed_o(write_failed), .failed_space_o(write_failed_space),
    .wr_req_valid_o, .wr_req_ready_i, .wr_req_space_o, .wr_req_addr_o, .wr_req_words_o,
    .wr_valid_o, .wr_ready_i, .wr_data_o, .wr_done_i, .wr_error_i
  );

  // ---- the job ----
  assign abort = status_q != card_pkg::StatusOk;

  always_comb begin
    state_d     = state_q;
    sweep_d     = sweep_q;
    sweep_all_d = sweep_all_q;
    swept_d     = swept_q && wipe_i;
    issued_d    = issued_q;
    items_d     = items_q;
    status_d    = status_q;
    fault_d     = fault_q;
    step_d      = step_q;

    // The first thing that goes wrong is what the job ends with.
    if (status_q == card_pkg::StatusOk) begin
      if (parity_error || loader_parity || result_parity || (exponent_bad != '0)) begin
        status_d = card_pkg::StatusDmaFault;
        fault_d  = card_pkg::FaultInconsistent;
      end else if (write_failed) begin
        status_d = card_pkg::StatusDmaFault;
        fault_d  = (write_failed_space == card_pkg::SpaceCard) ? card_pkg::FaultCardMemory : card_pkg::FaultDma;
      end else if (loader_done && loader_failed) begin
        status_d = card_pkg::StatusDmaFault;
        fault_d  = (loader_space == card_pkg::SpaceCard) ? card_pkg::FaultCardMemory : card_pkg::FaultDma;
      end else if (loader_done && loader_bad) begin
        // What was in card memory was below N when it was written.
        status_d = (loader_space == card_pkg::SpaceCard) ? card_pkg::StatusDmaFault : card_pkg::StatusBadOperand;
        fault_d  = (loader_space == card_pkg::SpaceCard) ? card_pkg::FaultInconsistent : card_pkg::FaultNone;
      end
    end

    unique case (state_q)
      StSweep: begin
        sweep_d = sweep_q + 1'b1;
        // Two cycles more, in which the memories' output registers and what follows them take zeros.
        if (sweep_q == {1'b1, SweepWidth'(1)}) begin
          sweep_d = '0;
          step_d  = '0;
          state_d = sweep_all_q ? StIdle : is_unload ? StDone : StModulus;
          if (sweep_all_q) swept_d = 1'b1;
        end
      end
      StIdle: begin
        status_d = card_pkg::StatusOk;
        fault_d  = card_pkg::FaultNone;
        issued_d = 1'b0;
        step_d   = '0;
        items_d  = job_i.items;
        if (job_valid_i && job_ready_o) begin
          sweep_all_d = 1'b0;
          unique case (job_i.operation)
            card_pkg::OpLoadContext, card_pkg::OpUnloadContext: state_d = StSweep;
            card_pkg::OpModexp:     state_d = StExponent;
            card_pkg::OpLoadVector: state_d = StIndex;
            default:      state_d = StRun;
          endcase
        end
      end
      StModulus: begin
        if (loader_ready) issued_d = 1'b1;
        if (issued_q && loader_done) begin
          issued_d = 1'b0;
          state_d  = (status_d == card_pkg::StatusOk) ? StRsquared : StDone;
        end
      end
      StRsquared: begin
        if (loader_ready) issued_d = 1'b1;
        if (issued_q && loader_done) begin
          issued_d = 1'b0;
          state_d  = (status_d == card_pkg::StatusOk) ? StInverse : StDone;
        end
      end
      StInverse: begin
        step_d = step_q + 7'd1;
        if (step_q == 7'(WA)) begin
          items_d = 16'd1;
          state_d = builds_table ? StRun : StDone;
        end
      end
      StExponent: begin
        if (loader_ready) issued_d = 1'b1;
        if (issued_q && loader_done) begin
          issued_d = 1'b0;
          state_d  = (status_d == card_pkg::StatusOk) ? StRun : StDone;
        end
      end
      StIndex: begin
        step_d = step_q + 7'd1;
        if (step_q == 7'd8) state_d = StRun;
      end
      StRun: begin
        if (assign_item) items_d = items_q - 16'd1;
        if (abort) items_d = '0;
        if ((items_q == '0) && (&idle)) state_d = StDone;
      end
      StDone: if (done_ready_i) state_d = StIdle;
      default: state_d = StIdle;
    endcase

    if (wipe_i && !swept_q && !(sweep && sweep_all_q)) begin
      state_d     = StSweep;
      sweep_d     = '0;
      sweep_all_d = 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q     <= StSweep;
      sweep_q     <= '0;
      sweep_all_q <= 1'b1;
      swept_q     <= 1'b0;
      issued_q    <= 1'b0;
      items_q     <= '0;
      status_q    <= card_pkg::StatusOk;
      fault_q     <= card_pkg::FaultNone;
      step_q      <= '0;
    end else begin
      state_q     <= state_d;
      sweep_q     <= sweep_d;
      sweep_all_q <= sweep_all_d;
      swept_q     <= swept_d;
      issued_q    <= issued_d;
      items_q     <= items_d;
      status_q    <= status_d;
      fault_q     <= fault_d;
      step_q      <= step_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (job_valid_i && job_ready_o) job_q <= job_i;
    job_rows      <= RowsOf[{limbs, 4'd0} +: RowWidth];
    job_last_word <= LastWordOf[{limbs, 4'd0} +: WordWidth];
    if (we_modulus_word && (word_index == '0)) low_digit_q <= word[WA-1:0];
    if (state_q != StInverse) begin
      inverse_q <= '0;
      sum_q     <= WA'(1);
    end else if (inverse_bit && (step_q < 7'(WA))) begin
      inverse_q[step_q[$clog2(WA)-1:0]] <= 1'b1;
      sum_q <= sum_q + (low_digit_q << step_q[$clog2(WA)-1:0]);
    end
    if (sweep) low_digit_q <= '0;
    // Compared place by place: a variable index of a write would be multiplied by WA.
    for (int unsigned c = 0; c < Contexts; c++) begin
      if (sweep) begin
        if (sweep_all_q || (context_id == ContextWidth'(c))) n0_q[c] <= '0;
      end else if ((state_q == StInverse) && (step_q == 7'(WA)) && (context_id == ContextWidth'(c))) begin
        n0_q[c] <= inverse_q;
      end
    end
  end

  assign job_ready_o   = (state_q == StIdle) && !wipe_i;
  assign done_valid_o  = state_q == StDone;
  assign done_status_o = status_q;
  assign done_fault_o  = fault_q;
  assign wiped_o       = wipe_i ? swept_q && (state_q == StIdle) : (state_q != StSweep) || !sweep_all_q;

  // ---- counters ----
  logic [Slots-1:0] under_way_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) under_way_q <= '0;
    else under_way_q <= clear ? '0 : (under_way_q | product_start) & ~product_done;
  end

  assign count_product_o = product_done != '0;
  assign count_row_o     = row;
  assign count_wait_o    = (state_q != StIdle) && !sweep && (under_way_q == '0);

`ifdef FORMAL_ENGINE
`include "engine_properties.svh"
`endif

endmodule
