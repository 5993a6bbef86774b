"""The Agent Client Protocol: one client for every agent that speaks it, over the standard streams of its box.

wire      lines of JSON-RPC, requests in both directions
policy    what an agent that asks may do, each decision noted
files     reading and writing for an agent, never through a link
client    one prompt, from the greeting to the reason it stopped
dialect   the agents known by their command
"""
