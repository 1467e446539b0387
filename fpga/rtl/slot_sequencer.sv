// The program of one slot: which operands, products and writes one item of a job takes.
//
//   Modexp              x; T1 = x R^2/R, Tk = T(k-1) T1, T0 = R; r = T[d]; then for each window 4 squarings and r T[d]; r 1; write
//   FixedBase           exponent; r = R; for each byte of it: load the table's entry, r * entry; r 1; write
//   MultiplyAccumulate  index list; r = R; for each index: load the vector's item, r * item (or r * R for "no item"); r 1; write
//   Modmul              a, b; a R^2/R; times b; write
//   LoadVector          x; x R^2/R; write to card memory
//   LoadContext         base; g = base R^2/R; for each row: R, g, g^2 .. g^255 to card memory; g = g^256
// (each product divides by R). The sequence depends on operation and widths alone: no digit of an exponent chooses what is
// done, only which entry a multiplication reads. "No item" loads item 0 and multiplies by R, so that it takes as long as any.
//
// Each step hands its request to a shared unit and waits for its end: load_*, product_*, write_*. start_i takes an item with its
// addresses; idle_o is high when there is none. With abort_i the item ends at the next step.
// Exponents and index lists are kept in a memory of the slot's own (exponent_*_i); a sweep zeroizes it.

module slot_sequencer (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,
  input  logic        abort_i,
  input  logic        sweep_i,
  input  logic [6:0]  sweep_addr_i,

  input  card_pkg::engine_job_t job_i,
  input  logic [63:0] table_base_i,
  input  logic [63:0] vector_base_i,

  input  logic        start_i,
  input  logic [63:0] source_i,
  input  logic [63:0] aux_i,
  input  logic [63:0] destination_i,
  output logic        idle_o,

  input  logic        exponent_we_i,
  input  logic [6:0]  exponent_waddr_i,
  input  logic [63:0] exponent_wdata_i,

  output logic        parity_error_o,  // of the exponent

  output logic        load_valid_o,
  input  logic        load_ready_i,
  input  logic        load_done_i,
  output logic [63:0] load_addr_o,
  output logic        load_space_o,
  output logic [6:0]  load_words_o,
  output logic [2:0]  load_dest_o,
  output logic [1:0]  load_check_o,

  output logic        product_start_o,
  input  logic        product_done_i,
  output logic [1:0]  product_from_o,
  output logic [4:0]  product_entry_o,
  output logic        product_one_o,   // the multiplier operand is 1
  output logic [4:0]  product_to_o,
  output logic        product_emit_o,  // the result also goes to the result buffer

  output logic        write_start_o,
  input  logic        write_done_i,
  output logic        write_space_o,
  output logic [63:0] write_addr_o
);

  typedef enum logic [3:0] {
    StIdle, StLoadExponent, StLoadA, StLoadB, StEnter, StTable, StOne, StDigit, StAddress, StFetch, StSquare, StMultiply, StLeave,
    StWrite
  } state_e;
  state_e state_q, state_d;
  logic   issued_q, issued_d;  // the step's request has been handed over

  logic is_modexp, is_modmul, is_vector, is_table, is_sum;
  assign is_modexp = job_i.operation == card_pkg::OpModexp;
  assign is_modmul = job_i.operation == card_pkg::OpModmul;
  assign is_vector = job_i.operation == card_pkg::OpLoadVector;
  assign is_table  = job_i.operation == card_pkg::OpLoadContext;
  assign is_sum    = job_i.operation == card_pkg::OpMultiplyAccumulate;

  logic [63:0] source_q, aux_q, destination_q;
  // Counts: k of a power or of a squaring; digit of the exponent, index of the list, or row of the table.
  logic [8:0]  k_q, k_d;
  logic [10:0] digit_q, digit_d, last_digit;
  logic [63:0] address_q, address_d, product_q, product_d;
  logic [6:0]  limbs_q, limbs_d;
  logic        written;

  // ---- the exponent ----
  logic [63:0] exponent_word;
  logic        exponent_bad;
  logic [6:0]  exponent_raddr;
  logic [5:0]  exponent_shift;
  logic [31:0] digit_value;
  logic        no_item;
  // Registered: what is chosen by a digit starts at a flip-flop, not behind the memory and its shift.
  logic [31:0] digit_value_q;
  logic        no_item_q;

  secret_ram #(
    .AddrWidth(7), .Lanes(1), .LaneWidth(64), .ReadStages(1), .Parity(1)
  ) u_exponent (
    .clk_i, .sweep_i, .sweep_addr_i,
    .we_i(exponent_we_i), .waddr_i(exponent_waddr_i), .wdata_i(exponent_wdata_i),
    .raddr_i(exponent_raddr), .rdata_o(exponent_word), .bad_o(exponent_bad)
  );

  always_comb begin
    exponent_raddr = 7'(digit_q >> 3);
    exponent_shift = {digit_q[2:0], 3'd0};
    digit_value    = {24'd0, 8'(exponent_word >> exponent_shift)};
    last_digit     = 11'(job_i.exponent_limbs) * 11'd8 - 11'd1;
    if (is_modexp) begin
      exponent_raddr = 7'(digit_q >> 4);
      exponent_shift = {digit_q[3:0], 2'd0};
      digit_value    = {28'd0, 4'(exponent_word >> exponent_shift)};
      last_digit     = 11'(job_i.exponent_limbs) * 11'd16 - 11'd1;
    end else if (is_sum) begin
      exponent_raddr = 7'(digit_q >> 1);
      exponent_shift = {digit_q[0], 5'd0};
      digit_value    = 32'(exponent_word >> exponent_shift);
      last_digit     = 11'(job_i.exponent_limbs) * 11'd2 - 11'd1;
    end else if (is_table || (job_i.exponent_bits <= 16'(job_i.exponent_limbs) * 16'd64)) begin
      // FixedBase: as many rows as the table or the exponent has, whichever is less.
      last_digit = 11'((job_i.exponent_bits + 16'd7) >> 3) - 11'd1;
    end
    no_item = is_sum && (&digit_value);
  end

  always_ff @(posedge clk_i) begin
    digit_value_q <= clear_i ? '0 : digit_value;
    no_item_q     <= no_item;
  end

  logic waits_for_load, waits_for_product, step_done;
  assign waits_for_load = (state_q == StLoadExponent) || (state_q == StLoadA) || (state_q == StLoadB) || (state_q == StFetch);
  assign waits_for_product = (state_q == StEnter) || (state_q == StTable) || (state_q == StOne) || (state_q == StSquare) ||
                             (state_q == StMultiply) || (state_q == StLeave);
  assign step_done = issued_q && ((waits_for_load && load_done_i) || (waits_for_product && product_done_i) ||
                                  ((state_q == StWrite) && write_done_i));

  assign load_valid_o    = waits_for_load && !issued_q;
  assign product_start_o = waits_for_product && !issued_q;
  assign write_start_o   = (state_q == StWrite) && !issued_q;

  always_comb begin
    state_d   = state_q;
    issued_d  = issued_q;
    k_d       = k_q;
    digit_d   = digit_q;
    address_d = address_q;
    product_d = product_q;
    limbs_d   = limbs_q;
    written   = 1'b0;

    if ((load_valid_o && load_ready_i) || product_start_o || write_start_o) issued_d = 1'b1;

    unique case (state_q)
      StIdle: begin
        k_d     = '0;
        digit_d = is_modexp ? last_digit : '0;
        if (start_i) begin
          issued_d = 1'b0;
          state_d  = (job_i.operation == card_pkg::OpFixedBase || is_sum) ? StLoadExponent : StLoadA;
        end
      end
      StLoadExponent: if (step_done) state_d = StOne;
      StLoadA:        if (step_done) state_d = is_modmul ? StLoadB : StEnter;
      StLoadB:        if (step_done) state_d = StEnter;
      StEnter: if (step_done) begin
        k_d     = 9'd2;
        state_d = is_modexp ? StTable : is_modmul ? StMultiply : is_vector ? StWrite : StOne;
      end
      StTable: if (step_done) begin
        k_d = k_q + 9'd1;
        if (k_q == 9'(2**engine_pkg::Window - 1)) state_d = StOne;
      end
      StOne: if (step_done) begin
        k_d     = 9'd0;
        state_d = is_table ? StWrite : StDigit;
      end
      // One cycle until the exponent's word is there, one until its digit is registered; then the operand's address can be formed.
      StDigit: begin
        k_d = k_q + 9'd1;
        if (k_q == 9'd2) begin
          k_d       = 9'd0;
          limbs_d   = 7'(job_i.limbs);
          address_d = no_item_q ? '0 : is_sum ? 64'(digit_value_q) : 64'({digit_q, 8'(digit_value_q)});
          product_d = '0;
          state_d   = is_modexp ? StMultiply : StAddress;
        end
      end
      // address * limbs, a bit of limbs a cycle: always 7 cycles.
      StAddress: begin
        k_d = k_q + 9'd1;
        if (limbs_q[0]) product_d = product_q + address_q;
        address_d = address_q << 1;
        limbs_d   = limbs_q >> 1;
        if (k_q == 9'd6) begin
          k_d     = 9'd0;
          state_d = StFetch;
        end
      end
      StFetch: if (step_done) state_d = StMultiply;
      StSquare: if (step_done) begin
        k_d = k_q + 9'd1;
        if (k_q == 9'(engine_pkg::Window - 1)) begin
          k_d     = 9'd0;
          state_d = StDigit;
        end
      end
      StMultiply: if (step_done) begin
        if (is_modmul) begin
          state_d = StWrite;
        end else if (is_table) begin
          // k = 256 gave the next row's base.
          state_d = StWrite;
          if (k_q == 9'(2**engine_pkg::TableWindow)) begin
            digit_d = digit_q + 11'd1;
            state_d = (digit_q == last_digit) ? StIdle : StOne;
          end
        end else if (is_modexp) begin
          digit_d = digit_q - 11'd1;
          state_d = (digit_q == '0) ? StLeave : StSquare;
        end else begin
          digit_d = digit_q + 11'd1;
          state_d = (digit_q == last_digit) ? StLeave : StDigit;
        end
      end
      StLeave: if (step_done) state_d = StWrite;
      StWrite: if (step_done) begin
        written = 1'b1;
        k_d     = k_q + 9'd1;
        state_d = is_table ? StMultiply : StIdle;
      end
      default: state_d = StIdle;
    endcase
    if (step_done) begin
      issued_d = 1'b0;
      if (abort_i) state_d = StIdle;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q        <= StIdle;
      issued_q       <= 1'b0;
      parity_error_o <= 1'b0;
    end else if (clear_i) begin
      state_q        <= StIdle;
      issued_q       <= 1'b0;
      parity_error_o <= 1'b0;
    end else begin
      state_q        <= state_d;
      issued_q       <= issued_d;
      // The digit's word is there, and stays.
      parity_error_o <= exponent_bad && (state_q == StDigit) && (k_q == 9'd2);
    end
  end

  always_ff @(posedge clk_i) begin
    k_q       <= clear_i ? '0 : k_d;
    digit_q   <= clear_i ? '0 : digit_d;
    address_q <= clear_i ? '0 : address_d;
    product_q <= clear_i ? '0 : product_d;
    limbs_q   <= limbs_d;
    if (state_q == StIdle) begin
      source_q      <= source_i;
      aux_q         <= aux_i;
      destination_q <= is_table ? table_base_i : destination_i;
    end else if (written && is_table) begin
      destination_q <= destination_q + {54'd0, job_i.limbs[6:0], 3'd0};
    end
  end

  logic unused_job;
  assign unused_job = ^{job_i.primary, job_i.context_id, job_i.items, job_i.limbs[7], job_i.exponent_limbs[7], job_i.vector_items,
                        job_i.source, job_i.aux, job_i.destination};

  assign idle_o = state_q == StIdle;

  always_comb begin
    load_addr_o  = source_q;
    load_space_o = card_pkg::SpaceHost;
    load_words_o = 7'(job_i.limbs);
    load_dest_o  = engine_pkg::DestDigits;
    load_check_o = engine_pkg::CheckBelow;
    unique case (state_q)
      StLoadExponent: begin
        load_words_o = 7'(job_i.exponent_limbs);
        load_dest_o  = engine_pkg::DestExponent;
        load_check_o = is_sum ? engine_pkg::CheckIndices : engine_pkg::CheckBits;
      end
      StLoadA: if (is_table) load_addr_o = aux_q;
      StLoadB: begin
        load_addr_o = aux_q;
        load_dest_o = engine_pkg::DestEntry;
      end
      StFetch: begin
        load_addr_o  = (is_sum ? vector_base_i : table_base_i) + (product_q << 3);
        load_space_o = card_pkg::SpaceCard;
        load_dest_o  = engine_pkg::DestEntry;
      end
      default: ;
    endcase
  end

  always_comb begin
    product_from_o  = engine_pkg::FromEntry;
    product_entry_o = engine_pkg::EntryPower;
    product_one_o   = 1'b0;
    product_to_o    = engine_pkg::EntryPower;
    product_emit_o  = 1'b0;
    unique case (state_q)
      StEnter: begin
        product_from_o = engine_pkg::FromRsquared;
        product_to_o   = is_modmul ? engine_pkg::EntryPower : 5'd1;
        product_emit_o = is_vector;
      end
      StTable: begin
        product_entry_o = 5'd1;
        product_to_o    = 5'(k_q);
      end
      StOne: begin
        product_from_o = engine_pkg::FromRsquared;
        product_one_o  = 1'b1;
        product_to_o   = 5'd0;
        product_emit_o = is_table;
      end
      StMultiply: begin
        product_entry_o = is_modexp ? 5'(digit_value_q[3:0]) : is_table ? 5'd1 : no_item_q ? 5'd0 : engine_pkg::EntryOperand;
        product_to_o    = (is_table && (k_q == 9'(2**engine_pkg::TableWindow))) ? 5'd1 : engine_pkg::EntryPower;
        product_emit_o  = is_modmul || is_table;
      end
      StLeave: begin
        product_from_o = engine_pkg::FromOne;
        product_emit_o = 1'b1;
      end
      default: ;
    endcase
  end

  assign write_space_o = (is_vector || is_table) ? card_pkg::SpaceCard : card_pkg::SpaceHost;
  assign write_addr_o  = destination_q;

endmodule
