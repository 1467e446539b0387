  // Bursts are of 1..64 words, stay below a multiple of 512 bytes, and together are the request; the buffer never overflows.
  // The buffer ends its clearing a cycle after the flush. A flush leaves no address.
  (* hierconn *) logic               \u_buffer.clearing_q ;
  (* hierconn *) logic [BufferLog2:0] \u_buffer.wr_ptr_q ;
  (* hierconn *) logic [BufferLog2:0] \u_buffer.rd_ptr_q ;

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
    assume (!beat_valid_i || coming_q != '0 || flush_i);
    if (started_q && rst_ni) begin
      if (burst_valid_o) begin
        assert (burst_beats_o != '0 && burst_beats_o <= 7'd64);
        assert (7'(burst_addr_o[8:3]) + burst_beats_o <= 7'd64);
        assert (burst_addr_o[2:0] == '0);
        if ($past(burst_valid_o && !burst_taken_i && !flush_i)) begin
          assert (burst_addr_o == $past(burst_addr_o) && burst_beats_o == $past(burst_beats_o));
        end
      end
      if (state_q != Idle) begin
        assert (asked_q + left_q == request_q && request_q != '0);
        assert (addr_q[2:0] == '0);
        assert ((left_q == '0) == (state_q == Arrive));
      end
      if (state_q == Room || state_q == Offer) begin
        assert (beats_q != '0 && 7'(addr_q[8:3]) + beats_q <= 7'd64 && 9'(beats_q) <= left_q);
      end
      if (state_q == Offer) assert (reserved_q <= count_t'(Capacity) - count_t'(beats_q));
      if (\u_buffer.clearing_q ) assert (unused_level == '0 && !rd_valid_o && \u_buffer.rd_ptr_q == '0);
      else assert (unused_level == (\u_buffer.wr_ptr_q - \u_buffer.rd_ptr_q ) + count_t'(rd_valid_o));
      assert (unused_level >= count_t'(rd_valid_o));
      // Every word asked for has its place.
      assert (reserved_q <= count_t'(Capacity));
      if (!flush_i) assert (10'(reserved_q) == 10'(unused_level) + 10'(coming_q));
      if ($past(rst_ni)) assert (\u_buffer.clearing_q == $past(flush_i));
      if ($past(rst_ni && flush_i)) assert ({state_q, addr_q, left_q, beats_q, space_q, coming_q, reserved_q} == '0);
      if (state_q == Idle) assert (coming_q == '0);
    end
  end
