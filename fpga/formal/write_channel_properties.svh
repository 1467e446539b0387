  // Bursts are of 1..64 words, stay below a multiple of 512 bytes, and together are the request; a burst is offered only when all of its
  // words are in the buffer; the request is done only when every burst has its response.
  // The buffer ends its clearing a cycle after the flush. A flush leaves no address.
  (* hierconn *) logic \u_buffer.clearing_q ;

  logic       started_q = 1'b0;
  logic [8:0] request_q, asked_q;

  always_ff @(posedge clk_i) begin
    if (state_q == Idle) begin
      request_q <= req_words_i;
      asked_q   <= '0;
    end else if (burst_taken_i) begin
      asked_q <= asked_q + 9'(beats_q);
    end
  end

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    // What clients and ports promise.
    assume (!req_valid_i || (req_words_i != '0 && req_addr_i[2:0] == '0));
    assume (!burst_taken_i || (burst_valid_o && !flush_i));
    assume (!response_valid_i || open_q != '0 || flush_i);
    // Only words of bursts that were taken are moved.
    assume (!beat_ready_i || level > waiting_q);
    if (started_q && rst_ni) begin
      if (burst_valid_o) begin
        assert (burst_beats_o != '0 && burst_beats_o <= 7'd64);
        assert (7'(burst_addr_o[8:3]) + burst_beats_o <= 7'd64);
        assert (burst_addr_o[2:0] == '0);
        assert (level >= count_t'(burst_beats_o) || flush_i);
      end
      if (state_q != Idle) begin
        assert (asked_q + left_q == request_q && request_q != '0);
        assert (addr_q[2:0] == '0);
        assert ((left_q == '0) == (state_q == Respond));
        // What is neither given nor waiting is in bursts.
        assert (10'(take_q) + 10'(waiting_q) == 10'(left_q));
      end else begin
        assert (take_q == '0 && waiting_q == '0 && open_q == '0);
      end
      if (state_q == Fill || state_q == Offer) begin
        assert (beats_q != '0 && 7'(addr_q[8:3]) + beats_q <= 7'd64 && 9'(beats_q) <= left_q);
      end
      if (state_q == Offer) assert (waiting_q >= count_t'(beats_q));
      if ($past(rst_ni)) assert (level <= count_t'(Capacity));
      assert (waiting_q <= level || flush_i);
      if ($past(rst_ni)) assert (\u_buffer.clearing_q == $past(flush_i));
      if ($past(rst_ni && flush_i)) assert ({state_q, addr_q, left_q, beats_q, space_q, take_q, waiting_q, open_q} == '0);
      if (wr_done_o) assert (open_q == '0 && state_q == Idle);
    end
  end
