"""The sandbox's HTTP side: TAPD's protocol over a generated world, faults and admin paths."""
