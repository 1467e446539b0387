// What the host sees of the card: the register block with state, interrupts and counters behind it.
//
// Registers, and what they promise the host: fpga/regs/card.rdl. Ports towards the rings and towards wiping are those of card_control.

module host_interface #(
  parameter int unsigned Engines = 2,
  parameter int unsigned Slots = 4,
  parameter int unsigned Columns = 16,
  parameter int unsigned WA = 17,
  parameter int unsigned WB = 26,
  parameter int unsigned Contexts = 16,
  parameter int unsigned TableLog2 = 20,
  parameter int unsigned VectorLog2 = 20,
  parameter int unsigned MaxItems = 4096,
  parameter int unsigned PatienceLog2 = 23,
  parameter logic [31:0] BuildHash = 32'd0,
  parameter logic [7:0] Kind = 8'd3
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic [11:0]  s_axil_awaddr,
  input  logic [2:0]   s_axil_awprot,
  input  logic         s_axil_awvalid,
  output logic         s_axil_awready,
  input  logic [31:0]  s_axil_wdata,
  input  logic [3:0]   s_axil_wstrb,
  input  logic         s_axil_wvalid,
  output logic         s_axil_wready,
  output logic [1:0]   s_axil_bresp,
  output logic         s_axil_bvalid,
  input  logic         s_axil_bready,
  input  logic [11:0]  s_axil_araddr,
  input  logic [2:0]   s_axil_arprot,
  input  logic         s_axil_arvalid,
  output logic         s_axil_arready,
  output logic [31:0]  s_axil_rdata,
  output logic [1:0]   s_axil_rresp,
  output logic         s_axil_rvalid,
  input  logic         s_axil_rready,

  output logic               irq_o,

  output logic               run_o,
  output logic [63:0]        submission_base_o,
  output logic [63:0]        completion_base_o,
  output logic [3:0]         ring_log2_o,
  output logic [15:0]        tail_o,
  output logic [15:0]        head_o,
  input  logic [15:0]        written_i,
  input  logic [15:0]        acknowledged_i,
  input  logic               completed_i,
  input  logic               fault_i,
  input  logic [7:0]         fault_code_i,

  input  logic [1:0]         idle_i,
  input  logic [1:0]         unasked_i,
  output logic               flush_o,
  input  logic               flushed_i,
  output logic               wipe_o,
  input  logic               engines_wiped_i,
  output logic               sweep_o,
  input  logic               sweep_moves_i,
  input  logic               sweep_done_i,
  input  logic               sweep_error_i,

  input  logic               dma_read_i,
  input  logic               dma_write_i,
  input  logic [Engines-1:0] product_i,
  input  logic [Engines-1:0] row_i,
  input  logic [Engines-1:0] active_i,
  input  logic [Engines-1:0] wait_i
);

  // Bits of exponent that one row of a fixed-base table serves.
  localparam logic [7:0] TableWindow = 8'd8;

  card_registers_pkg::card__in_t  to_registers;
  card_registers_pkg::card__out_t registers;

  card_registers u_registers (
    .clk      (clk_i),
    .arst_n   (rst_ni),
    .s_axil_awready,
    .s_axil_awvalid,
    .s_axil_awaddr,
    .s_axil_awprot,
    .s_axil_wready,
    .s_axil_wvalid,
    .s_axil_wdata,
    .s_axil_wstrb,
    .s_axil_bready,
    .s_axil_bvalid,
    .s_axil_bresp,
    .s_axil_arready,
    .s_axil_arvalid,
    .s_axil_araddr,
    .s_axil_arprot,
    .s_axil_rready,
    .s_axil_rvalid,
    .s_axil_rdata,
    .s_axil_rresp,
    .hwif_in  (to_registers),
    .hwif_out (registers)
  );

  logic        tail_restore, head_restore, enable_set, enable_clear, soft_reset, locked;
  logic [7:0]  state, error_code;
  logic [15:0] busy;

  card_control #(
    .PatienceLog2 (PatienceLog2)
  ) u_control (
    .clk_i,
    .rst_ni,
    .reset_i           (registers.CONTROL.reset.value),
    .enable_i          (registers.CONTROL.enable.value),
    .submission_base_i ({registers.SUBMISSION_BASE_HI.addr.value, registers.SUBMISSION_BASE_LO.addr.value}),
    .completion_base_i ({registers.COMPLETION_BASE_HI.addr.value, registers.COMPLETION_BASE_LO.addr.value}),
    .ring_log2_i       (registers.RING_SIZE.log2.value),
    .tail_written_i    (registers.SUBMISSION_TAIL.tail.swmod),
    .tail_i            (registers.SUBMISSION_TAIL.tail.value),
    .head_written_i    (registers.COMPLETION_HEAD.head.swmod),
    .head_i            (registers.COMPLETION_HEAD.head.value),
    .tail_restore_o    (tail_restore),
    .tail_o,
    .head_restore_o    (head_restore),
    .head_o,
    .enable_set_o      (enable_set),
    .enable_clear_o    (enable_clear),
    .soft_reset_o      (soft_reset),
    .state_o           (state),
    .error_code_o      (error_code),
    .busy_o            (busy),
    .locked_o          (locked),
    .run_o,
    .submission_base_o,
    .completion_base_o,
    .ring_log2_o,
    .written_i,
    .acknowledged_i,
    .fault_i,
    .fault_code_i,
    .idle_i,
    .unasked_i,
    .flush_o,
    .flushed_i,
    .wipe_o,
    .engines_wiped_i,
    .sweep_o,
    .sweep_moves_i,
    .sweep_done_i,
    .sweep_error_i
  );

  logic [31:0] interrupts;
  interrupt_unit u_interrupts (
    .clk_i,
    .rst_ni,
    .clear_i           (soft_reset),
    .completion_i      (completed_i),
    .error_i           (locked),
    .mask_completion_i (registers.INTERRUPT_MASK.completion.value),
    .mask_error_i      (registers.INTERRUPT_MASK.error.value),
    .holdoff_units_i   (registers.INTERRUPT_HOLDOFF.units.value),
    .irq_o,
    .count_o           (interrupts)
  );

  logic [31:0] jobs_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) jobs_q <= '0;
    else if (soft_reset) jobs_q <= '0;
    else jobs_q <= jobs_q + 32'(completed_i);
  end

  logic [5:0]       latch;
  logic [5:0][31:0] low, high;
  assign latch = {
    registers.COUNT_WAIT_LO.count.swacc,
    registers.COUNT_ACTIVE_LO.count.swacc,
    registers.COUNT_ROWS_LO.count.swacc,
    registers.COUNT_PRODUCTS_LO.count.swacc,
    registers.COUNT_CYCLES_LO.count.swacc,
    registers.COUNT_DMA_BYTES_LO.count.swacc
  };

  card_counters #(
    .Engines (Engines)
  ) u_counters (
    .clk_i,
    .rst_ni,
    .clear_i (soft_reset),
    .dma_read_i,
    .dma_write_i,
    .product_i,
    .row_i,
    .active_i,
    .wait_i,
    .latch_i (latch),
    .low_o   (low),
    .high_o  (high)
  );

  always_comb begin
    to_registers = '0;
    to_registers.soft_reset                            = soft_reset;
    to_registers.BUILD.hash.next                       = BuildHash;
    to_registers.KIND.kind.next                        = Kind;
    to_registers.CAPABILITIES.max_bits.next            = 16'(64 * card_pkg::MaxLimbs);
    to_registers.CAPABILITIES.engines.next             = 8'(Engines);
    to_registers.CAPABILITIES.max_ring_log2.next       = 8'(shell_pkg::MaxRingLog2);
    to_registers.OPERATIONS.operations.next            = card_pkg::Operations;
    to_registers.OPERATIONS.contexts.next              = 16'(Contexts);
    to_registers.LIMITS.max_items.next                 = 16'(MaxItems);
    to_registers.LIMITS.max_exponent_bits.next         = 16'(64 * card_pkg::MaxLimbs);
    to_registers.ARITHMETIC.multiplier_digit.next      = 8'(WA);
    to_registers.ARITHMETIC.multiplicand_digit.next    = 8'(WB);
    to_registers.ARITHMETIC.table_window.next          = TableWindow;
    to_registers.ARITHMETIC.slots.next                 = 8'(Slots);
    to_registers.CONTROL.enable.hwset                  = enable_set;
    to_registers.CONTROL.enable.hwclr                  = enable_clear;
    to_registers.STATUS.state.next                     = state;
    to_registers.STATUS.busy.next                      = busy;
    to_registers.ERROR_CODE.code.next                  = error_code;
    to_registers.SUBMISSION_TAIL.tail.we               = tail_restore;
    to_registers.SUBMISSION_TAIL.tail.next             = tail_o;
    to_registers.COMPLETION_HEAD.head.we               = head_restore;
    to_registers.COMPLETION_HEAD.head.next             = head_o;
    to_registers.INTERRUPT_STATUS.completion.hwset     = completed_i;
    to_registers.INTERRUPT_STATUS.error.hwset          = locked;
    to_registers.CARD_MEMORY.table_log2.next           = 8'(TableLog2);
    to_registers.CARD_MEMORY.vector_log2.next          = 8'(VectorLog2);
    to_registers.BUS_PATIENCE.log2.next                = 8'(PatienceLog2);
    to_registers.MULTIPLIERS.count.next                = 16'(2 * Columns + 1);
    to_registers.COUNT_JOBS.count.next                 = jobs_q;
    to_registers.COUNT_INTERRUPTS.count.next           = interrupts;
    to_registers.COUNT_DMA_BYTES_LO.count.next         = low[0];
    to_registers.COUNT_DMA_BYTES_HI.count.next         = high[0];
    to_registers.COUNT_CYCLES_LO.count.next            = low[1];
    to_registers.COUNT_CYCLES_HI.count.next            = high[1];
    to_registers.COUNT_PRODUCTS_LO.count.next          = low[2];
    to_registers.COUNT_PRODUCTS_HI.count.next          = high[2];
    to_registers.COUNT_ROWS_LO.count.next              = low[3];
    to_registers.COUNT_ROWS_HI.count.next              = high[3];
    to_registers.COUNT_ACTIVE_LO.count.next            = low[4];
    to_registers.COUNT_ACTIVE_HI.count.next            = high[4];
    to_registers.COUNT_WAIT_LO.count.next              = low[5];
    to_registers.COUNT_WAIT_HI.count.next              = high[5];
  end

  // The card acts on causes of interrupts when they come, not on their register.
  logic unused;
  assign unused = ^registers.INTERRUPT_STATUS;

endmodule
