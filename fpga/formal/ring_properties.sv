// The rings under card_control and ring_unit, with a dispatcher that completes what it was given in any order and at any time, and a host
// that writes anything into the doorbells.
//
// Proved for every size: no descriptor at or beyond the tail is read, no more are open than the ring has entries, and no completion is
// written over one that the host has not taken.

module ring_properties (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        reset_i,
  input logic        enable_i,
  input logic [63:0] submission_base_i,
  input logic [63:0] completion_base_i,
  input logic [7:0]  ring_log2_i,
  input logic        tail_written_i,
  input logic [15:0] tail_i,
  input logic        head_written_i,
  input logic [15:0] head_i,
  input logic [1:0]  idle_i,
  input logic [1:0]  unasked_i,
  input logic        flushed_i,
  input logic        engines_wiped_i,
  input logic        sweep_moves_i,
  input logic        sweep_done_i,
  input logic        sweep_error_i,
  input logic        descriptor_ready_i,
  input logic        completion_valid_i,
  input shell_pkg::completion_t completion_i,
  input logic        rd_req_ready_i,
  input logic        rd_valid_i,
  input logic [63:0] rd_data_i,
  input logic        rd_error_i,
  input logic        wr_req_ready_i,
  input logic        wr_ready_i,
  input logic        wr_done_i,
  input logic        wr_error_i
);

  logic        run, wipe, fault, completed, descriptor_valid, completion_ready;
  logic        rd_req_valid, wr_req_valid, wr_valid, rd_ready;
  logic [63:0] submission, completion, rd_addr, wr_addr, wr_data;
  logic [8:0]  rd_words, wr_words;
  logic [3:0]  log2;
  logic [15:0] tail, head, written, acknowledged, fetched;
  logic [7:0]  fault_code, state;
  logic [511:0] descriptor;

  card_control #(
    .PatienceLog2(2)
  ) u_control (
    .clk_i, .rst_ni, .reset_i, .enable_i, .submission_base_i, .completion_base_i, .ring_log2_i,
    .tail_written_i, .tail_i, .head_written_i, .head_i,
    .tail_restore_o(), .tail_o(tail), .head_restore_o(), .head_o(head), .enable_set_o(), .enable_clear_o(), .soft_reset_o(),
    .state_o(state), .error_code_o(), .busy_o(), .locked_o(),
    .run_o(run), .submission_base_o(submission), .completion_base_o(completion), .ring_log2_o(log2),
    .written_i(written), .acknowledged_i(acknowledged), .fault_i(fault), .fault_code_i(fault_code),
    .idle_i, .unasked_i, .flush_o(), .flushed_i, .wipe_o(wipe), .engines_wiped_i, .sweep_o(), .sweep_moves_i, .sweep_done_i, .sweep_error_i
  );

  ring_unit u_rings (
    .clk_i, .rst_ni, .clear_i(wipe), .run_i(run), .submission_base_i(submission), .completion_base_i(completion), .log2_i(log2),
    .tail_i(tail), .head_i(head), .written_o(written), .acknowledged_o(acknowledged), .completed_o(completed),
    .fault_o(fault), .fault_code_o(fault_code),
    .descriptor_valid_o(descriptor_valid), .descriptor_ready_i, .descriptor_o(descriptor),
    .completion_valid_i, .completion_ready_o(completion_ready), .completion_i,
    .rd_req_valid_o(rd_req_valid), .rd_req_ready_i, .rd_req_addr_o(rd_addr), .rd_req_words_o(rd_words),
    .rd_valid_i, .rd_ready_o(rd_ready), .rd_data_i, .rd_error_i,
    .wr_req_valid_o(wr_req_valid), .wr_req_ready_i, .wr_req_addr_o(wr_addr), .wr_req_words_o(wr_words),
    .wr_valid_o(wr_valid), .wr_ready_i, .wr_data_o(wr_data), .wr_done_i, .wr_error_i
  );

  // Jobs that the dispatcher has: descriptors taken less completions given; all since the last wiping.
  logic [15:0] taken_q, given_q, fetched_q;
  logic        started_q = 1'b0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      taken_q   <= '0;
      given_q   <= '0;
      fetched_q <= '0;
    end else if (wipe) begin
      taken_q   <= '0;
      given_q   <= '0;
      fetched_q <= '0;
    end else begin
      if (descriptor_valid && descriptor_ready_i) taken_q <= taken_q + 16'd1;
      if (completion_valid_i && completion_ready) given_q <= given_q + 16'd1;
      if (rd_req_valid && rd_req_ready_i) fetched_q <= fetched_q + 16'd1;
    end
  end

  // States of the two halves, seen through the hierarchy.
  (* hierconn *) logic [3:0]  \u_rings.u_writer.state_q ;
  (* hierconn *) logic        \u_rings.u_writer.full_q ;
  (* hierconn *) logic [2:0]  \u_rings.u_fetch.state_q ;
  (* hierconn *) logic [15:0] \u_rings.u_fetch.fetched_q ;
  (* hierconn *) logic [15:0] \u_rings.index_mask_q ;
  (* hierconn *) logic [15:0] \u_control.size_q ;
  (* hierconn *) logic [1:0]  \u_control.wipe_q ;
  logic [3:0] writer;
  logic [2:0] fetch;
  assign writer = \u_rings.u_writer.state_q ;
  assign fetch  = \u_rings.u_fetch.state_q ;
  localparam logic [3:0] Idle = 4'd0, Room = 4'd1, FirstWord = 4'd8, End = 4'd10, WriterFault = 4'd11;
  localparam logic [2:0] Request = 3'd1, Receive = 3'd2, FetchFault = 3'd4;
  localparam logic [7:0] Disabled = 8'd0, Ready = 8'd1, Locked = 8'd2, Resetting = 8'd3;

  logic [15:0] size;
  assign size = 16'd1 << log2;

  // From the head to the tail: taken by the host, written, in the dispatcher's hands, fetched, on offer.
  logic [17:0] writing, working, fetching, waiting;
  assign writing  = {2'd0, given_q - written};
  assign working  = {2'd0, taken_q - given_q};
  assign fetching = {2'd0, fetched_q - taken_q};
  assign waiting  = {2'd0, tail - fetched_q};

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    assume (!completion_valid_i || taken_q != given_q);
    if (started_q && rst_ni) begin
      assert (writer <= WriterFault && fetch <= FetchFault);
      assert (fetched_q == \u_rings.u_fetch.fetched_q );
      assert (wipe == (\u_control.wipe_q != 2'd0));
      assert (\u_control.wipe_q != 2'd3);
      if (state == Resetting) assert (wipe);
      if (state == Disabled) begin
        assert (!wipe);
        assert (tail == '0 && head == '0 && written == '0 && given_q == '0 && taken_q == '0 && fetched_q == '0);
        assert (writer == Idle && fetch == 3'd0);
      end
      if ($past(wipe)) assert (writer == Idle && fetch == 3'd0 && written == '0 && given_q == '0 && taken_q == '0);
      if (state == Ready) begin
        assert (!wipe);
        assert (log2 >= 4'd1 && log2 <= 4'd10);
        assert (\u_control.size_q == size);
        if ($past(state == Ready)) assert (\u_rings.index_mask_q == size - 16'd1);
        else assert (tail == '0 && written == '0 && head == '0 && writer == Idle);

        // No more are under way than the ring has entries, no more are written than the host has room for.
        assert (writing + working + fetching + waiting <= {2'd0, size});
        assert (written - head <= size);
        assert (writing <= 18'd1 && fetching <= 18'd1);
        if (writer != WriterFault) assert ((writing == 18'd1) == (writer >= Room && writer <= FirstWord));
        if (fetch != FetchFault) assert ((fetching == 18'd1) == (fetch >= Receive));
        else assert (fetching == 18'd1);

        // A descriptor is read only below the tail, a completion written only where there is room.
        if (fetch == Request) assert (fetched_q != tail);
        if (rd_req_valid) assert (waiting != '0);
        if (writer > Room && writer <= FirstWord) assert (written - head < size);
        if (wr_req_valid) assert (written - head < size);
        if ((writer <= Room || writer == End) && !\u_rings.u_writer.full_q ) assert (written - head < size);
      end
    end
  end

endmodule
