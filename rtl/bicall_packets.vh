// SPDX-License-Identifier: Apache-2.0
// Made by `bicall generate` from rtl/driver/packets.py: do not edit.
`ifndef BICALL_PACKETS_VH
`define BICALL_PACKETS_VH

`define BICALL_FLIT_MARKER            31           // 1: all of this round has come this way; in a route table: the neuron's last packet
`define BICALL_FLIT_X                 30:27        // column of the tile that it goes to
`define BICALL_FLIT_Y                 26:23        // row
`define BICALL_FLIT_KIND              22:21        // what it is for
`define BICALL_FLIT_TICK              0            // marker: the cores run a tick
`define BICALL_FLIT_FORGET            1            // marker: reset between samples, and no tick; what has arrived is dropped
`define BICALL_FLIT_LATER             20:13        // spike, direct event: ticks after the next in which it acts: its delay less one
`define BICALL_FLIT_INDEX             12:0         // spike: axon there; direct event: neuron there
`define BICALL_FLIT_OPERATION         20:16        // operation: which
`define BICALL_FLIT_DATA              15:0         // operation, reply: half a word
`define BICALL_FLIT_REPLY             20           // to the host: 1 half a word that was read, 0 a neuron's spike
`define BICALL_FLIT_NODE              19:0         // spike for the host: number of the neuron in the network
`define BICALL_FLIT_FAILED            17           // reply: there is no such word
`define BICALL_FLIT_HIGH              16           // reply: the upper half
`define BICALL_KIND_SPIKE             2'd0         // a spike for an axon of a core
`define BICALL_KIND_DIRECT            2'd1         // a direct event for a neuron of a core
`define BICALL_KIND_OPERATION         2'd2         // the host's operation on a tile
`define BICALL_KIND_TO_HOST           2'd3         // a spike or a reply for the host
`define BICALL_OPERATION_ADDRESS_HIGH 5'd0         // the address's bits from 16 up
`define BICALL_OPERATION_ADDRESS_LOW  5'd1         // the address's lowest 16 bits; it counts up by one with each word written or read
`define BICALL_OPERATION_DATA_HIGH    5'd2         // the upper half of the words that are written from now on
`define BICALL_OPERATION_WRITE        5'd3         // writes a word, of which this is the lower half
`define BICALL_OPERATION_READ         5'd4         // so many words are sent to the host at the end of the round, the upper half of each first
`define BICALL_TILE_IDENTITY          4'd0         // says that this is a bicall_tile
`define BICALL_TILE_SLOTS             4'd1         // ticks for which spikes can wait: the longest delay and one
`define BICALL_TILE_ROUTES            4'd2         // packets that the route table holds
`define BICALL_TILE_UNDELIVERABLE     4'd4         // packets that this tile's router could not pass on
`define BICALL_TILE_REFUSED           4'd5         // operations in mid-tick or unknown, and writes that the core or a table refused
`define BICALL_TILE_OUT_OF_RANGE      4'd6         // spikes and direct events for an axon, a neuron or a delay that is not there
`define BICALL_TILE_DOUBLED           4'd7         // second spikes of an axon for one tick
`define BICALL_TILE_IS                32'hB1CA7113 // the tile's identity

`endif
