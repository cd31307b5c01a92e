def mean_row(self, table: Tensor, ids: Tensor) -> Tensor:  # ids [1, n] -> mean of their rows [d] in f32
    return torch.mean(torch.to(torch.index_select(table, 0, torch.reshape(ids, [-1])), 6), [0])
