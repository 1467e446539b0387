// Which engine has which job, and completions in the order in which jobs end.
//
// start_i marks engines busy with the job of start_tag_i/items_i/bytes_i. An engine's end is kept until its completion has been passed on,
// so that an engine is free only when nothing of its job is left here. With alone_i the jobs are parts of one (a broadcast): no completion
// leaves; the dispatcher reads the joint outcome when all_ended_o and frees the engines with release_i.
// The dispatcher's own completions (refused descriptors, broadcasts) take turns with those of engines. Two cycles a completion.
// clear_i: nothing is busy, nothing ended.

module engine_slots #(
  parameter int unsigned Engines = 2
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    clear_i,

  input  logic [Engines-1:0]      start_i,
  input  logic [15:0]             start_tag_i,
  input  logic [15:0]             start_items_i,
  input  logic [63:0]             start_bytes_i,
  output logic [Engines-1:0]      busy_o,

  input  logic [Engines-1:0]      done_valid_i,
  output logic [Engines-1:0]      done_ready_o,
  input  logic [Engines-1:0][7:0] done_status_i,
  input  logic [Engines-1:0][7:0] done_fault_i,

  input  logic                    alone_i,
  input  logic                    release_i,
  output logic                    all_ended_o,
  output logic [7:0]              status_o,
  output logic [7:0]              fault_o,

  input  logic                    own_valid_i,
  output logic                    own_ready_o,
  input  shell_pkg::completion_t  own_i,

  output logic                    completion_valid_o,
  input  logic                    completion_ready_i,
  output shell_pkg::completion_t  completion_o
);

  localparam int unsigned IndexWidth = Engines > 1 ? $clog2(Engines) : 1;

  logic [Engines-1:0]       busy_q, ended_q;
  logic [Engines-1:0][7:0]  status_q, fault_q;
  logic [Engines-1:0][15:0] tag_q, items_q;
  logic [Engines-1:0][63:0] bytes_q;

  // One ended engine is picked, then its record is fetched.
  logic                  pick_valid, picked_q, completion_valid_q, own_turn_q;
  logic [IndexWidth-1:0] pick, pick_q;
  logic                  room, take_own, take_engine;
  logic [Engines-1:0]    freed;
  shell_pkg::completion_t completion_q;

  round_robin #(
    .Requests (Engines)
  ) u_pick (
    .request_i (ended_q),
    .last_i    (pick_q),
    .valid_o   (pick_valid),
    .index_o   (pick)
  );

  assign room        = !completion_valid_q || completion_ready_i;
  assign take_engine = picked_q && room && !(own_valid_i && own_turn_q);
  assign take_own    = own_valid_i && room && !take_engine;

  always_comb begin
    freed = '0;
    freed[pick_q] = take_engine;
    if (release_i) freed = '1;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q             <= '0;
      ended_q            <= '0;
      picked_q           <= 1'b0;
      pick_q             <= '0;
      own_turn_q         <= 1'b0;
      completion_valid_q <= 1'b0;
    end else if (clear_i) begin
      busy_q             <= '0;
      ended_q            <= '0;
      picked_q           <= 1'b0;
      completion_valid_q <= 1'b0;
    end else begin
      busy_q             <= (busy_q | start_i) & ~freed;
      ended_q            <= (ended_q | (done_valid_i & done_ready_o)) & ~freed;
      picked_q           <= picked_q ? !take_engine : pick_valid && !alone_i;
      if (!picked_q) pick_q <= pick;
      if (take_engine || take_own) own_turn_q <= take_engine;
      completion_valid_q <= take_engine || take_own || (completion_valid_q && !completion_ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned e = 0; e < Engines; e++) begin
      if (start_i[e]) begin
        tag_q[e]   <= start_tag_i;
        items_q[e] <= start_items_i;
        bytes_q[e] <= start_bytes_i;
      end
      if (done_valid_i[e] && done_ready_o[e]) begin
        status_q[e] <= done_status_i[e];
        fault_q[e]  <= done_fault_i[e];
      end
    end
  end

  logic ok;
  assign ok = status_q[pick_q] == card_pkg::StatusOk;

  always_ff @(posedge clk_i) begin
    if (take_own) begin
      completion_q <= own_i;
    end else if (take_engine) begin
      completion_q.tag    <= tag_q[pick_q];
      completion_q.status <= status_q[pick_q];
      completion_q.items  <= ok ? items_q[pick_q] : '0;
      completion_q.bytes  <= ok ? bytes_q[pick_q] : '0;
      completion_q.fault  <= fault_q[pick_q];
    end
  end

  // The joint outcome: of the engines that did not succeed the one with the lowest number speaks.
  logic [7:0] joint_status, joint_fault;
  always_comb begin
    joint_status = card_pkg::StatusOk;
    joint_fault  = card_pkg::FaultNone;
    for (int unsigned e = Engines; e > 0; e--) begin
      if (busy_q[e-1] && status_q[e-1] != card_pkg::StatusOk) joint_status = status_q[e-1];
      if (busy_q[e-1] && fault_q[e-1] != card_pkg::FaultNone) joint_fault = fault_q[e-1];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      all_ended_o <= 1'b0;
      status_o    <= card_pkg::StatusOk;
      fault_o     <= card_pkg::FaultNone;
    end else begin
      all_ended_o <= busy_q != '0 && ended_q == busy_q && !release_i && !clear_i;
      status_o    <= joint_status;
      fault_o     <= joint_fault;
    end
  end

  assign busy_o             = busy_q;
  assign done_ready_o       = busy_q & ~ended_q;
  assign own_ready_o        = room && !take_engine;
  assign completion_valid_o = completion_valid_q;
  assign completion_o       = completion_q;

endmodule
