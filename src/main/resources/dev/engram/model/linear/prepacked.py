def NAME(self, x: Tensor, w: Tensor, aux: Tensor) -> Tensor:  # w in oneDNN's own layout
    return ops.mkldnn._linear_pointwise(x, w, None, "none", annotate(List[Optional[number]], []), None)
