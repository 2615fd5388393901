"""The networks, in torch: needed to train and to export, never to solve."""
