// Stands in for the engine where the blocks around it are tested: reads what a job names, writes it back inverted by bits.
//
// Ports as in fpga/docs/interfaces.md. Reads of a job: its source (LoadContext 2 x limbs words, LoadVector and Modexp items x limbs,
// FixedBase and MultiplyAccumulate items x exponent_limbs), then aux where there is one. Writes: items x limbs words with word
// k = ~(word of the source, k modulo their number), to host memory, or for LoadVector to card memory; LoadContext of engine 0 fills
// the table region with ones.
// The first source word decides about failure: 64'hbad0_0000_0000_00SS ends the job with status SS, 64'hbad1_0000_0000_00FF with fault FF,
// 64'h51ee_0000_0000_NNNN takes NNNN cycles more. Failed requests end the job as a real engine does.

module engine #(
  parameter int unsigned WA = 17,
  parameter int unsigned WB = 26,
  parameter int unsigned Columns = 16,
  parameter int unsigned Slots = 4,
  parameter int unsigned Contexts = 16,
  parameter int unsigned TableLog2 = 20,
  parameter int unsigned VectorLog2 = 20
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  job_valid_i,
  output logic                  job_ready_o,
  input  card_pkg::engine_job_t job_i,
  output logic                  done_valid_o,
  input  logic                  done_ready_i,
  output logic [7:0]            done_status_o,
  output logic [7:0]            done_fault_o,
  input  logic                  wipe_i,
  output logic                  wiped_o,
  output logic                  rd_req_valid_o,
  input  logic                  rd_req_ready_i,
  output logic                  rd_req_space_o,
  output logic [63:0]           rd_req_addr_o,
  output logic [8:0]            rd_req_words_o,
  input  logic                  rd_valid_i,
  output logic                  rd_ready_o,
  input  logic [63:0]           rd_data_i,
  input  logic                  rd_error_i,
  output logic                  wr_req_valid_o,
  input  logic                  wr_req_ready_i,
  output logic                  wr_req_space_o,
  output logic [63:0]           wr_req_addr_o,
  output logic [8:0]            wr_req_words_o,
  output logic                  wr_valid_o,
  input  logic                  wr_ready_i,
  output logic [63:0]           wr_data_o,
  input  logic                  wr_done_i,
  input  logic                  wr_error_i,
  output logic                  count_product_o,
  output logic                  count_row_o,
  output logic                  count_wait_o
);
  import card_pkg::*;

  localparam int unsigned Memory = 65536;

  typedef enum logic [3:0] {Wiping, Idle, ReadRequest, Read, Delay, WriteRequest, Write, WriteWait, End} state_e;
  state_e      state_q;
  engine_job_t job_q;
  logic [63:0] source [Memory];
  logic [31:0] source_words_q, read_left_q, read_at_q, write_left_q, write_at_q;
  logic [63:0] read_addr_q, write_addr_q;
  logic [8:0]  chunk_q;
  logic [7:0]  status_q, fault_q, sweep_q;
  logic [15:0] delay_q;
  logic        space_q, aux_q;
  logic        lone_table;

  assign lone_table = job_q.operation == OpLoadContext && job_q.primary && job_q.exponent_bits != '0;

  function automatic logic [31:0] words_read(engine_job_t job, logic of_aux);
    words_read = '0;
    case (job.operation)
      OpLoadContext: words_read = !of_aux ? 32'd2 * 32'(job.limbs) : job.exponent_bits != '0 ? 32'(job.limbs) : '0;
      OpModexp: words_read = !of_aux ? 32'(job.items) * 32'(job.limbs) : 32'(job.exponent_limbs);
      OpModmul: words_read = 32'(job.items) * 32'(job.limbs);
      OpFixedBase, OpMultiplyAccumulate: words_read = !of_aux ? 32'(job.items) * 32'(job.exponent_limbs) : '0;
      OpLoadVector: words_read = !of_aux ? 32'(job.items) * 32'(job.limbs) : '0;
      default: words_read = '0;
    endcase
  endfunction

  logic [63:0] region;
  assign region = 64'(job_q.context_id) * ((64'd1 << TableLog2) + (64'd1 << VectorLog2));

  function automatic logic [8:0] chunk_of(logic [31:0] left);
    chunk_of = left > 32'd511 ? 9'd511 : left[8:0];
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Wiping;
      sweep_q <= '0;
    end else if (wipe_i) begin
      state_q <= Wiping;
      sweep_q <= sweep_q == 8'd200 ? sweep_q : sweep_q + 8'd1;
    end else begin
      case (state_q)
        Wiping: begin
          sweep_q <= '0;
          state_q <= Idle;
        end
        Idle: if (job_valid_i) begin
          job_q          <= job_i;
          status_q       <= StatusOk;
          fault_q        <= FaultNone;
          delay_q        <= '0;
          aux_q          <= 1'b0;
          source_words_q <= words_read(job_i, 1'b0);
          read_left_q    <= words_read(job_i, 1'b0);
          read_at_q      <= '0;
          read_addr_q    <= job_i.source;
          state_q        <= ReadRequest;
        end
        ReadRequest: begin
          chunk_q <= chunk_of(read_left_q);
          if (read_left_q == '0) begin
            aux_q       <= 1'b1;
            read_left_q <= words_read(job_q, 1'b1);
            read_addr_q <= job_q.aux;
            if (aux_q || words_read(job_q, 1'b1) == '0) state_q <= Delay;
          end else if (rd_req_valid_o && rd_req_ready_i) begin
            state_q <= Read;
          end
        end
        Read: if (rd_valid_i) begin
          if (!aux_q && read_at_q < Memory) source[read_at_q[15:0]] <= rd_data_i;
          if (!aux_q && read_at_q == '0 && rd_data_i[63:8] == 56'hbad00000000000) status_q <= rd_data_i[7:0];
          if (!aux_q && read_at_q == '0 && rd_data_i[63:8] == 56'hbad10000000000) begin
            fault_q  <= rd_data_i[7:0];
            status_q <= rd_data_i[7:0] == FaultDma ? StatusDmaFault : StatusOk;
          end
          if (!aux_q && read_at_q == '0 && rd_data_i[63:16] == 48'h51ee00000000) delay_q <= rd_data_i[15:0];
          if (rd_error_i) begin
            status_q <= StatusDmaFault;
            fault_q  <= FaultDma;
          end
          read_at_q   <= read_at_q + 32'd1;
          read_left_q <= read_left_q - 32'd1;
          read_addr_q <= read_addr_q + 64'd8;
          chunk_q     <= chunk_q - 9'd1;
          if (chunk_q == 9'd1) state_q <= ReadRequest;
        end
        Delay: begin
          delay_q      <= delay_q - 16'd1;
          write_at_q   <= '0;
          space_q      <= SpaceHost;
          write_left_q <= 32'(job_q.items) * 32'(job_q.limbs);
          write_addr_q <= job_q.destination;
          if (job_q.operation == OpLoadVector) begin
            space_q      <= SpaceCard;
            write_addr_q <= region + (64'd1 << TableLog2) + job_q.destination * 64'(job_q.limbs) * 64'd8;
          end
          if (job_q.operation == OpUnloadContext) write_left_q <= '0;
          if (job_q.operation == OpLoadContext) begin
            space_q      <= SpaceCard;
            write_addr_q <= region;
            write_left_q <= lone_table ? ((32'(job_q.exponent_bits) + 32'd7) >> 3) * 32'd256 * 32'(job_q.limbs) : '0;
          end
          if (delay_q == '0) state_q <= status_q == StatusOk && fault_q == FaultNone ? WriteRequest : End;
        end
        WriteRequest: begin
          chunk_q <= chunk_of(write_left_q);
          if (write_left_q == '0) state_q <= End;
          else if (wr_req_valid_o && wr_req_ready_i) state_q <= Write;
        end
        Write: if (wr_ready_i) begin
          write_at_q   <= write_at_q + 32'd1;
          write_left_q <= write_left_q - 32'd1;
          write_addr_q <= write_addr_q + 64'd8;
          chunk_q      <= chunk_q - 9'd1;
          if (chunk_q == 9'd1) state_q <= WriteWait;
        end
        WriteWait: if (wr_done_i) begin
          state_q <= WriteRequest;
          if (wr_error_i) begin
            status_q <= StatusDmaFault;
            fault_q  <= space_q == SpaceCard ? FaultCardMemory : FaultDma;
            state_q  <= End;
          end
        end
        End: if (done_ready_i) state_q <= Idle;
        default: state_q <= Idle;
      endcase
    end
  end

  logic [63:0] original;
  assign original = source[16'(write_at_q % source_words_q)];

  assign job_ready_o     = state_q == Idle && !wipe_i;
  assign done_valid_o    = state_q == End;
  assign done_status_o   = status_q;
  assign done_fault_o    = fault_q;
  assign wiped_o         = wipe_i && sweep_q == 8'd200;
  assign rd_req_valid_o  = state_q == ReadRequest && read_left_q != '0 && chunk_q == chunk_of(read_left_q);
  assign rd_req_space_o  = SpaceHost;
  assign rd_req_addr_o   = read_addr_q;
  assign rd_req_words_o  = chunk_q;
  assign rd_ready_o      = state_q == Read;
  assign wr_req_valid_o  = state_q == WriteRequest && write_left_q != '0 && chunk_q == chunk_of(write_left_q);
  assign wr_req_space_o  = space_q;
  assign wr_req_addr_o   = write_addr_q;
  assign wr_req_words_o  = chunk_q;
  assign wr_valid_o      = state_q == Write;
  assign wr_data_o       = job_q.operation == OpLoadContext ? '1 : ~original;
  assign count_product_o = state_q == Write && wr_ready_i;
  assign count_row_o     = state_q == Read;
  assign count_wait_o    = state_q == Delay;

endmodule
