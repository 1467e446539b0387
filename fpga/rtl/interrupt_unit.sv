// When MSI-X vector 0 is raised: for a completion, with a least distance to the interrupt before, and for the card's locking, at once.
//
// A completion that comes while masked raises nothing, now or later. One that comes within holdoff_units_i * 64 cycles of an interrupt
// for a completion waits for their end, together with all that come meanwhile; if it is masked by then it is dropped.
// irq_o: a pulse of one cycle, one to three cycles after its cause. clear_i: nothing waits, the hold-off is over.

module interrupt_unit (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,

  input  logic        completion_i,       // pulses
  input  logic        error_i,
  input  logic        mask_completion_i,
  input  logic        mask_error_i,
  input  logic [15:0] holdoff_units_i,

  output logic        irq_o,
  output logic [31:0] count_o
);

  logic        waiting_q, error_q, irq_q, quiet_q;
  logic [21:0] timer_q;
  logic [31:0] count_q;

  logic raise_completion, raise_error;
  assign raise_completion = waiting_q && !mask_completion_i && !quiet_q;
  assign raise_error      = error_q && !mask_error_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waiting_q <= 1'b0;
      error_q   <= 1'b0;
      irq_q     <= 1'b0;
      quiet_q   <= 1'b0;
      timer_q   <= '0;
      count_q   <= '0;
    end else if (clear_i) begin
      waiting_q <= 1'b0;
      error_q   <= 1'b0;
      irq_q     <= 1'b0;
      quiet_q   <= 1'b0;
      timer_q   <= '0;
      count_q   <= '0;
    end else begin
      waiting_q <= (completion_i && !mask_completion_i) || (waiting_q && quiet_q);
      error_q   <= error_i;
      irq_q     <= raise_completion || raise_error;
      count_q   <= count_q + 32'(raise_completion || raise_error);
      if (raise_completion) begin
        timer_q <= {holdoff_units_i, 6'd0};
        quiet_q <= holdoff_units_i != '0;
      end else if (quiet_q) begin
        timer_q <= timer_q - 22'd1;
        quiet_q <= timer_q > 22'd1;
      end
    end
  end

  assign irq_o   = irq_q;
  assign count_o = count_q;

endmodule
