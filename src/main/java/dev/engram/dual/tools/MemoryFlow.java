package dev.engram.dual.tools;

import ai.djl.ndarray.NDManager;
import dev.engram.dual.LayerTrace;
import dev.engram.dual.Lmcode;
import dev.engram.dual.MemoryState;
import dev.engram.model.BadInputException;
import dev.engram.report.Axis;
import dev.engram.report.HeatMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The seed's visualize_memory_flow: what the memories of each layer do while one sequence is read. */
public final class MemoryFlow {
    private MemoryFlow() {}

    /**
     * A heat map, layers downwards and windows of the sequence to the right.
     *
     * @param sequence token ids, at least one
     */
    public static HeatMap of(Lmcode model, int[] sequence, MemoryMonitor.Quantity quantity) {
        if (sequence.length == 0) {
            throw new BadInputException("The sequence has no tokens; give at least one.");
        }
        List<List<LayerTrace>> windows = new ArrayList<>();
        int window = model.config().window();
        try (MemoryState state = model.newState(1)) {
            for (int at = 0; at < sequence.length; at += window) {
                try (NDManager step = model.newScope()) {
                    int[] segment = Arrays.copyOfRange(sequence, at, Math.min(sequence.length, at + window));
                    model.forward(step, new int[][] {segment}, state);
                    windows.add(state.trace());
                }
            }
        }
        double[][] cells = new double[model.config().numLayers()][windows.size()];
        for (int layer = 0; layer < cells.length; layer++) {
            for (int w = 0; w < windows.size(); w++) {
                cells[layer][w] = quantity.of(windows.get(w).get(layer));
            }
        }
        return HeatMap.of(
                "Memory flow of " + sequence.length + " tokens",
                Axis.of("window", window + " tokens each"),
                Axis.unitless("layer"),
                Axis.unitless(quantity.label()),
                cells);
    }
}
