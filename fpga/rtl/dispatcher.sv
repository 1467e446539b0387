// From descriptors to jobs of engines to completions.
//
// A descriptor is decoded and checked (fpga/docs/interfaces.md lists the status codes); one that fails is completed at once. A job
// that computes goes to any idle engine, so that as many are in flight as there are engines, and they may end in any order.
// LoadContext, UnloadContext and LoadVector wait until no job is in flight and run alone: the first two go to every engine, LoadVector
// to engine 0.
// Nine cycles from descriptor to engine.
//
// Card memory of a context is zeroized before it is loaded and when it is unloaded, together with what is left of jobs between memories and
// engines (scrub_o); a context whose loading failed counts as unloaded, and is zeroized like one. wipe_i (level): forgets all jobs and
// contexts at once; control zeroizes engines and card memory itself then.

module dispatcher #(
  parameter int unsigned Engines = 2,
  parameter int unsigned Contexts = 16,
  parameter int unsigned TableLog2 = 12,
  parameter int unsigned VectorLog2 = 12,
  parameter int unsigned MaxItems = 4096,
  localparam int unsigned RegionLog2 = TableLog2 > VectorLog2 ? TableLog2 : VectorLog2
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    wipe_i,

  input  logic                    descriptor_valid_i,
  output logic                    descriptor_ready_o,
  input  logic [511:0]            descriptor_i,

  output logic                    completion_valid_o,
  input  logic                    completion_ready_i,
  output shell_pkg::completion_t  completion_o,

  output logic [Engines-1:0]      job_valid_o,
  input  logic [Engines-1:0]      job_ready_i,
  output card_pkg::engine_job_t   job_o,       // primary is for engine 0 alone
  input  logic [Engines-1:0]      done_valid_i,
  output logic [Engines-1:0]      done_ready_o,
  input  logic [Engines-1:0][7:0] done_status_i,
  input  logic [Engines-1:0][7:0] done_fault_i,
  output logic [Engines-1:0]      busy_o,

  output logic                    scrub_o,
  input  logic                    scrubbed_i,
  output logic                    sweep_o,
  output logic [7:0]              sweep_context_o,
  input  logic                    sweep_done_i,
  input  logic                    sweep_error_i,
  output logic                    mark_valid_o,
  output logic                    mark_vector_o,
  output logic [7:0]              mark_context_o,
  output logic [RegionLog2-3:0]   mark_words_o
);

  localparam int unsigned IndexWidth = Engines > 1 ? $clog2(Engines) : 1;
  localparam logic [15:0] MaxExponentBits = 16'(64 * card_pkg::MaxLimbs);
  localparam logic [15:0] MaxLimbs = 16'(card_pkg::MaxLimbs);

  typedef enum logic [4:0] {
    Idle, Decode, Lookup, Multiply, Compare, Judge, Reply,                    // every descriptor
    Choose, Start, Offer,                                                     // a job for any engine
    Barrier, Mark, LoneStart, LoneOffer, LoneWait, LoneEnd, Sweep, SweepEnd   // a job that runs alone
  } state_e;
  state_e state_d, state_q;

  shell_pkg::descriptor_t d;
  logic                   bad_descriptor;

  logic        known, loaded;
  logic [7:0]  context_limbs;
  logic [15:0] context_exponent_bits;
  logic [31:0] context_vector_items;

  logic is_load, is_unload, is_vector, is_lone, has_exponent;
  assign is_load      = d.operation == card_pkg::OpLoadContext;
  assign is_unload    = d.operation == card_pkg::OpUnloadContext;
  assign is_vector    = d.operation == card_pkg::OpLoadVector;
  assign is_lone      = is_load || is_unload || is_vector;
  assign has_exponent = d.operation == card_pkg::OpModexp || d.operation == card_pkg::OpFixedBase
                        || d.operation == card_pkg::OpMultiplyAccumulate;

  descriptor_decoder u_decoder (
    .clk_i,
    .load_i   (state_q == Idle),
    .words_i  (descriptor_i),
    .fields_o (d),
    .bad_o    (bad_descriptor)
  );

  // ---- Sizes: items, table rows or the vector's end, times limbs ----
  logic [32:0] factor_q;
  logic [40:0] product_d, product_q;
  logic [32:0] vector_end;
  logic [15:0] rows;
  assign vector_end = {1'b0, d.destination[31:0]} + {17'd0, d.items};
  assign rows       = {3'd0, d.exponent_bits[15:3]} + 16'(d.exponent_bits[2:0] != '0);

  always_ff @(posedge clk_i) begin
    factor_q  <= is_load ? {17'd0, rows} : is_vector ? vector_end : {17'd0, d.items};
    product_d <= 41'(factor_q) * 41'(d.limbs[7:0]);
    product_q <= product_d;
  end

  // The table has 256 entries a row.
  logic [63:0] table_bytes, vector_bytes;
  assign table_bytes  = {12'd0, product_q, 11'd0};
  assign vector_bytes = {20'd0, product_q, 3'd0};

  // ---- Checks, each a register, judged a cycle later ----
  logic bad_limbs_q, bad_items_q, bad_exponent_q, bad_load_q, no_table_q, no_vector_q, bad_end_q, gap_q;
  always_ff @(posedge clk_i) begin
    bad_limbs_q    <= d.limbs != {8'd0, context_limbs};
    bad_items_q    <= d.items == '0 || d.items > 16'(MaxItems);
    bad_exponent_q <= has_exponent ? d.exponent_limbs == '0 || d.exponent_limbs > MaxLimbs : d.exponent_limbs != '0;
    bad_load_q     <= d.items != 16'd1 || d.limbs == '0 || d.limbs > MaxLimbs || d.exponent_bits > MaxExponentBits
                      || table_bytes > 64'd1 << TableLog2;
    no_table_q     <= d.operation == card_pkg::OpFixedBase && context_exponent_bits == '0;
    no_vector_q    <= d.operation == card_pkg::OpMultiplyAccumulate && context_vector_items == '0;
    bad_end_q      <= is_vector && (d.destination[63:32] != '0 || vector_bytes > 64'd1 << VectorLog2);
    gap_q          <= is_vector && d.destination > {32'd0, context_vector_items};
  end

  logic [7:0] verdict;
  always_comb begin
    verdict = card_pkg::StatusOk;
    if (bad_descriptor)                                   verdict = card_pkg::StatusBadDescriptor;
    else if (!known)                                      verdict = card_pkg::StatusBadContext;
    else if (is_load)                                     verdict = bad_load_q ? card_pkg::StatusBadLength : card_pkg::StatusOk;
    else if (is_unload)                                   verdict = card_pkg::StatusOk;
    else if (!loaded)                                     verdict = card_pkg::StatusBadContext;
    else if (bad_limbs_q || bad_items_q || bad_exponent_q || bad_end_q) verdict = card_pkg::StatusBadLength;
    else if (no_table_q || no_vector_q)                   verdict = card_pkg::StatusBadContext;
    else if (gap_q)                                       verdict = card_pkg::StatusBadOperand;
  end

  // ---- The walk of a descriptor ----
  logic [7:0]            status_d, status_q, fault_d, fault_q;
  logic                  cleanup_d, cleanup_q;  // the lone job under way is the one that unloads
  logic [Engines-1:0]    offer_d, offer_q, chosen_d, chosen_q, start, busy;
  logic                  free_q, alone, release_jobs, own_ready;
  logic [IndexWidth-1:0] free_index_q;
  logic                  all_ended, unload, load, vector;
  logic [7:0]            lone_status, lone_fault;

  // The lowest idle engine, a cycle late; no job starts meanwhile.
  always_ff @(posedge clk_i) begin
    free_q <= busy != '1;
    for (int unsigned e = Engines; e > 0; e--) begin
      if (!busy[e-1]) free_index_q <= IndexWidth'(e - 1);
    end
  end

  always_comb begin
    state_d      = state_q;
    status_d     = status_q;
    fault_d      = fault_q;
    cleanup_d    = cleanup_q;
    offer_d      = offer_q & ~job_ready_i;
    chosen_d     = chosen_q;
    start        = '0;
    alone        = 1'b0;
    release_jobs = 1'b0;
    unload       = 1'b0;
    load         = 1'b0;
    vector       = 1'b0;

    case (state_q)
      Idle: begin
        fault_d   = card_pkg::FaultNone;
        cleanup_d = 1'b0;
        if (descriptor_valid_i) state_d = Decode;
      end
      Decode:   state_d = Lookup;
      Lookup:   state_d = Multiply;
      Multiply: state_d = Compare;
      Compare:  state_d = Judge;
      Judge: begin
        status_d = verdict;
        // A context that cannot be loaded as asked is unloaded all the same.
        if (verdict == card_pkg::StatusOk) state_d = is_lone ? Barrier : Choose;
        else state_d = is_load && verdict == card_pkg::StatusBadLength ? Barrier : Reply;
      end
      Reply: begin
        if (own_ready) state_d = Idle;
      end

      Choose: begin
        chosen_d = '0;
        chosen_d[free_index_q] = 1'b1;
        if (free_q) state_d = Start;
      end
      Start: begin
        start   = chosen_q;
        offer_d = chosen_q;
        state_d = Offer;
      end
      Offer: begin
        if (offer_q == '0) state_d = Idle;
      end

      Barrier: begin
        cleanup_d = !is_vector && (is_unload || status_q != card_pkg::StatusOk);
        if (busy == '0) state_d = cleanup_d ? LoneStart : is_load ? Sweep : Mark;
      end
      Mark: state_d = LoneStart;
      LoneStart: begin
        alone    = 1'b1;
        unload   = !is_vector;
        chosen_d = '0;
        if (is_vector) chosen_d[0] = 1'b1;
        else chosen_d = '1;
        start    = chosen_d;
        offer_d  = chosen_d;
        state_d  = LoneOffer;
      end
      LoneOffer: begin
        alone = 1'b1;
        if (offer_q == '0) state_d = LoneWait;
      end
      LoneWait: begin
        alone = 1'b1;
        if (all_ended) state_d = LoneEnd;
      end
      LoneEnd: begin
        alone        = 1'b1;
        release_jobs = 1'b1;
        // The first failure is the one that is reported.
        if (status_q == card_pkg::StatusOk) status_d = lone_status;
        if (fault_q == card_pkg::FaultNone) fault_d = lone_fault;
        load   = is_load && !cleanup_q && lone_status == card_pkg::StatusOk;
        vector = is_vector;
        if (is_vector || load) begin
          state_d = Reply;
        end else begin
          cleanup_d = 1'b1;
          state_d   = cleanup_q ? Sweep : LoneStart;
        end
      end
      Sweep: begin
        if (sweep_done_i && scrubbed_i) begin
          if (sweep_error_i && fault_q == card_pkg::FaultNone) fault_d = card_pkg::FaultCardMemory;
          state_d = SweepEnd;
        end
      end
      SweepEnd: begin
        if (!sweep_done_i) state_d = cleanup_q || fault_q != card_pkg::FaultNone ? Reply : Mark;
      end
      default: state_d = Idle;
    endcase

    if (wipe_i) begin
      state_d = Idle;
      offer_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= Idle;
      offer_q   <= '0;
      chosen_q  <= '0;
      status_q  <= card_pkg::StatusOk;
      fault_q   <= card_pkg::FaultNone;
      cleanup_q <= 1'b0;
    end else begin
      state_q   <= state_d;
      offer_q   <= offer_d;
      chosen_q  <= chosen_d;
      status_q  <= status_d;
      fault_q   <= fault_d;
      cleanup_q <= cleanup_d;
    end
  end

  // ---- What engines get ----
  card_pkg::engine_job_t job_q;
  always_ff @(posedge clk_i) begin
    if (state_q == Choose || state_q == LoneStart) begin
      job_q.operation      <= cleanup_q ? card_pkg::OpUnloadContext : d.operation;
      job_q.primary        <= is_lone;
      job_q.context_id     <= d.context_id[7:0];
      job_q.items          <= d.items;
      job_q.limbs          <= d.limbs[7:0];
      job_q.exponent_limbs <= d.exponent_limbs[7:0];
      job_q.exponent_bits  <= is_load ? d.exponent_bits : context_exponent_bits;
      job_q.vector_items   <= context_vector_items;
      job_q.source         <= d.source;
      job_q.aux            <= d.aux;
      job_q.destination    <= d.destination;
    end
  end

  // ---- Parts ----
  // After a vector was loaded it reaches at least to the end of what was loaded; after a failure, no further than to its beginning.
  logic [31:0] vector_items;
  always_comb begin
    vector_items = context_vector_items;
    if (lone_status != card_pkg::StatusOk) vector_items = d.destination[31:0];
    else if (vector_end[31:0] > context_vector_items) vector_items = vector_end[31:0];
  end

  context_table #(
    .Contexts (Contexts)
  ) u_contexts (
    .clk_i,
    .rst_ni,
    .clear_all_i          (wipe_i),
    .id_i                 (d.context_id),
    .known_o              (known),
    .loaded_o             (loaded),
    .limbs_o              (context_limbs),
    .exponent_bits_o      (context_exponent_bits),
    .vector_items_o       (context_vector_items),
    .unload_i             (unload),
    .load_i               (load),
    .load_limbs_i         (d.limbs[7:0]),
    .load_exponent_bits_i (d.exponent_bits),
    .vector_i             (vector),
    .vector_items_i       (vector_items)
  );

  shell_pkg::completion_t own;
  logic                   own_ok;
  assign own_ok = status_q == card_pkg::StatusOk;
  always_comb begin
    own.tag    = d.tag;
    own.status = status_q;
    own.items  = own_ok ? d.items : '0;
    own.bytes  = '0;
    own.fault  = fault_q;
  end

  engine_slots #(
    .Engines (Engines)
  ) u_slots (
    .clk_i,
    .rst_ni,
    .clear_i       (wipe_i),
    .start_i       (start),
    .start_tag_i   (d.tag),
    .start_items_i (d.items),
    .start_bytes_i (vector_bytes),
    .busy_o        (busy),
    .done_valid_i,
    .done_ready_o,
    .done_status_i,
    .done_fault_i,
    .alone_i       (alone),
    .release_i     (release_jobs),
    .all_ended_o   (all_ended),
    .status_o      (lone_status),
    .fault_o       (lone_fault),
    .own_valid_i   (state_q == Reply),
    .own_ready_o   (own_ready),
    .own_i         (own),
    .completion_valid_o,
    .completion_ready_i,
    .completion_o
  );

  assign descriptor_ready_o = state_q == Idle && !wipe_i;
  assign job_valid_o        = offer_q;
  assign job_o              = job_q;
  assign busy_o             = busy;
  assign scrub_o            = state_q == Sweep;
  assign sweep_o            = state_q == Sweep;
  assign sweep_context_o    = d.context_id[7:0];
  assign mark_valid_o       = state_q == Mark;
  assign mark_vector_o      = is_vector;
  assign mark_context_o     = d.context_id[7:0];

  logic [63:0] mark_bytes;
  assign mark_bytes   = is_vector ? vector_bytes : table_bytes;
  assign mark_words_o = mark_bytes[RegionLog2:3];

  logic unused;
  assign unused = ^{mark_bytes, d.flags};

endmodule
