// The state of the card as a whole: disabled, ready, locked, resetting; and the wiping that goes with the last two.
//
// Enabling samples the ring registers; a base that is not aligned to 4096 or a size that the card doesn't have locks it. So does a doorbell
// outside the ring, and whatever fault the rings or a job report. Doorbells count only in state ready; one that doesn't count is taken back
// from its register.
// Wiping, at power-up, on CONTROL.reset and on locking, has two steps: all traffic is flushed while the engines zeroize themselves
// (flush_o and wipe_o), then card memory is swept (sweep_o and wipe_o). Until both are done the state is resetting, or locked. If card
// memory can't be zeroized the card ends locked, whatever began the wiping.
// Neither step waits for ever: 2^PatienceLog2 cycles after it began, or after card memory took a word (sweep_moves_i; the words are
// bounded), a memory that still owes answers is given up, and the card ends locked. Engines and buffers are zeroized by then, card memory
// if it answers. The engines' own wiping and that of the buffers must take fewer cycles than that.
// An answer that nobody asked for (unasked_i) locks the card, while it is resetting at the end of that.
// Doorbells act two cycles after their write.

module card_control #(
  parameter int unsigned PatienceLog2 = 23
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Registers
  input  logic        reset_i,              // pulse
  input  logic        enable_i,             // level, of the register
  input  logic [63:0] submission_base_i,
  input  logic [63:0] completion_base_i,
  input  logic [7:0]  ring_log2_i,
  input  logic        tail_written_i,       // pulses, a cycle before the new value
  input  logic [15:0] tail_i,
  input  logic        head_written_i,
  input  logic [15:0] head_i,
  output logic        tail_restore_o,
  output logic [15:0] tail_o,
  output logic        head_restore_o,
  output logic [15:0] head_o,
  output logic        enable_set_o,
  output logic        enable_clear_o,
  output logic        soft_reset_o,
  output logic [7:0]  state_o,
  output logic [7:0]  error_code_o,
  output logic [15:0] busy_o,
  output logic        locked_o,             // pulse

  // Rings
  output logic        run_o,
  output logic [63:0] submission_base_o,
  output logic [63:0] completion_base_o,
  output logic [3:0]  ring_log2_o,
  input  logic [15:0] written_i,
  input  logic [15:0] acknowledged_i,
  input  logic        fault_i,
  input  logic [7:0]  fault_code_i,

  // Memories, each: bit 0 the host's, bit 1 the card's own
  input  logic [1:0]  idle_i,     // it owes no answer
  input  logic [1:0]  unasked_i,  // pulses

  // Wiping
  output logic        flush_o,
  input  logic        flushed_i,
  output logic        wipe_o,
  input  logic        engines_wiped_i,
  output logic        sweep_o,
  input  logic        sweep_moves_i,
  input  logic        sweep_done_i,
  input  logic        sweep_error_i
);

  // card_state_e of fpga/regs/card.rdl.
  typedef enum logic [1:0] {Disabled = 2'd0, Ready = 2'd1, Locked = 2'd2, Resetting = 2'd3} state_e;
  typedef enum logic [1:0] {WipeNone, WipeFlush, WipeSweep} wipe_e;
  state_e state_d, state_q;
  wipe_e  wipe_d, wipe_q;

  logic [7:0]  code_d, code_q;
  logic [1:0]  silent_d, silent_q;    // the memories that were given up, since the wiping began
  logic [1:0]  unasked_d, unasked_q;  // since the last reset
  logic [PatienceLog2:0] waited_d, waited_q;
  logic        out_of_patience, wiped;
  logic [15:0] tail_d, tail_q, head_d, head_q;
  logic [63:0] submission_q, completion_q;
  logic [3:0]  log2_q;
  logic        tail_check_q, head_check_q, tail_restore_d, tail_restore_q, head_restore_d, head_restore_q;
  logic        sample, locked_d, locked_q;
  logic [15:0] size_q;

  logic bad_ring, bad_tail, bad_head;
  assign bad_ring = submission_base_i[11:0] != '0 || completion_base_i[11:0] != '0
                    || ring_log2_i == '0 || ring_log2_i > 8'(shell_pkg::MaxRingLog2);
  // A tail may move from where it is to a ring's size beyond the completions, a head to the completions.
  assign bad_tail = (tail_i - written_i) > size_q || (tail_i - written_i) < (tail_q - written_i);
  logic [7:0] unasked_code;
  assign unasked_code = unasked_q[0] ? card_pkg::FaultHostUnasked : card_pkg::FaultCardMemoryUnasked;
  assign bad_head = (head_i - head_q) > (written_i - head_q);

  always_comb begin
    state_d        = state_q;
    wipe_d         = wipe_q;
    code_d         = code_q;
    tail_d         = tail_q;
    head_d         = head_q;
    tail_restore_d = 1'b0;
    head_restore_d = 1'b0;
    sample         = 1'b0;
    locked_d       = 1'b0;

    silent_d       = silent_q;
    unasked_d      = unasked_q | unasked_i;

    case (wipe_q)
      WipeFlush: begin
        if (flushed_i || out_of_patience) wipe_d = WipeSweep;
        if (!flushed_i && out_of_patience) silent_d = ~idle_i;
      end
      WipeSweep: begin
        if ((sweep_done_i || silent_q[1]) && engines_wiped_i) wipe_d = WipeNone;
        else if (!sweep_done_i && out_of_patience) silent_d[1] = 1'b1;
      end
      default: wipe_d = WipeNone;
    endcase
    wiped = wipe_q == WipeSweep && wipe_d == WipeNone;

    case (state_q)
      Disabled: begin
        if (enable_i) begin
          sample  = 1'b1;
          state_d = Ready;
          if (bad_ring) begin
            state_d  = Locked;
            code_d   = card_pkg::FaultBadRing;
          end
        end
        if (unasked_q != '0) begin
          state_d = Locked;
          code_d  = unasked_code;
        end
      end
      Ready: begin
        if (tail_check_q && !bad_tail) tail_d = tail_i;
        if (head_check_q && !bad_head) head_d = head_i;
        if (unasked_q != '0) begin
          state_d = Locked;
          code_d  = unasked_code;
        end else if (fault_i) begin
          state_d = Locked;
          code_d  = fault_code_i;
        end else if ((tail_check_q && bad_tail) || (head_check_q && bad_head)) begin
          state_d = Locked;
          code_d  = card_pkg::FaultBadDoorbell;
        end
      end
      Locked: state_d = Locked;
      Resetting: begin
        code_d = card_pkg::FaultNone;
        tail_d = '0;
        head_d = '0;
        if (wiped) begin
          state_d = Locked;
          if (silent_q[1])            code_d  = card_pkg::FaultCardMemorySilent;
          else if (silent_q[0])       code_d  = card_pkg::FaultHostSilent;
          else if (sweep_error_i)     code_d  = card_pkg::FaultCardMemory;
          else if (unasked_q != '0)   code_d  = unasked_code;
          else                        state_d = Disabled;
        end
      end
      default: state_d = Resetting;
    endcase

    tail_restore_d = tail_check_q && (state_q != Ready || bad_tail);
    head_restore_d = head_check_q && (state_q != Ready || bad_head);

    if (state_d == Locked && state_q != Locked) begin
      locked_d = 1'b1;
      // A card that failed at zeroizing does not try again by itself.
      if (state_q != Resetting) wipe_d = WipeFlush;
    end
    if (reset_i) begin
      state_d   = Resetting;
      wipe_d    = WipeFlush;
      unasked_d = unasked_i;
      locked_d  = 1'b0;
    end

    if (wipe_d == WipeFlush && (wipe_q != WipeFlush || reset_i)) silent_d = '0;
    waited_d = out_of_patience ? waited_q : waited_q + 1'b1;
    if (reset_i || wipe_d != wipe_q || sweep_moves_i) waited_d = '0;
  end

  assign out_of_patience = waited_q[PatienceLog2];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q        <= Resetting;
      wipe_q         <= WipeFlush;
      code_q         <= card_pkg::FaultNone;
      silent_q       <= '0;
      unasked_q      <= '0;
      waited_q       <= '0;
      tail_q         <= '0;
      head_q         <= '0;
      tail_check_q   <= 1'b0;
      head_check_q   <= 1'b0;
      tail_restore_q <= 1'b0;
      head_restore_q <= 1'b0;
      locked_q       <= 1'b0;
    end else begin
      state_q        <= state_d;
      wipe_q         <= wipe_d;
      code_q         <= code_d;
      silent_q       <= silent_d;
      unasked_q      <= unasked_d;
      waited_q       <= waited_d;
      tail_q         <= tail_d;
      head_q         <= head_d;
      tail_check_q   <= tail_written_i;
      head_check_q   <= head_written_i;
      tail_restore_q <= tail_restore_d;
      head_restore_q <= head_restore_d;
      locked_q       <= locked_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (sample) begin
      submission_q <= submission_base_i;
      completion_q <= completion_base_i;
      log2_q       <= ring_log2_i[3:0];
      size_q       <= 16'd1 << ring_log2_i[3:0];
    end
  end

  logic [15:0] busy_q;
  logic        sweep_q, flush_q, wiping_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q   <= '0;
      sweep_q  <= 1'b0;
      flush_q  <= 1'b1;
      wiping_q <= 1'b1;
    end else begin
      busy_q   <= tail_q - acknowledged_i;
      sweep_q  <= wipe_d == WipeSweep && !silent_d[1];
      flush_q  <= wipe_d == WipeFlush;
      wiping_q <= wipe_d != WipeNone;
    end
  end

  assign tail_restore_o    = tail_restore_q;
  assign tail_o            = tail_q;
  assign head_restore_o    = head_restore_q;
  assign head_o            = head_q;
  assign enable_set_o      = state_q == Ready;
  assign enable_clear_o    = state_q == Locked;
  assign soft_reset_o      = state_q == Resetting;
  assign state_o           = {6'd0, state_q};
  assign error_code_o      = code_q;
  assign busy_o            = busy_q;
  assign locked_o          = locked_q;
  assign run_o             = state_q == Ready;
  assign submission_base_o = submission_q;
  assign completion_base_o = completion_q;
  assign ring_log2_o       = log2_q;
  assign flush_o           = flush_q;
  assign wipe_o            = wiping_q;
  assign sweep_o           = sweep_q;

`ifdef FORMAL_CARD_CONTROL
`include "card_control_properties.svh"
`endif

endmodule
