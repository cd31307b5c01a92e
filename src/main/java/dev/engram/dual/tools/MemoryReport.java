package dev.engram.dual.tools;

import dev.engram.dual.Lmcode;
import dev.engram.dual.MemoryState;
import dev.engram.dual.ParameterCount;
import dev.engram.report.Tables;
import java.util.List;

/** The seed's generate_memory_report: all that is known of a model's memories as one text. */
public final class MemoryReport {
    private MemoryReport() {}

    /**
     * Plain text with tables: the configuration, the numbers by category, the cost, the capacity after some sequences, and the gates.
     *
     * @param sequences token ids, read window by window
     */
    public static String generate(Lmcode model, List<int[]> sequences) {
        MemoryMonitor monitor = new MemoryMonitor();
        for (int i = 0; i < sequences.size(); i++) {
            try (MemoryState state = model.newState(1)) {
                MemoryAnalysis.read(model, sequences.get(i), state);
                monitor.recordStep(i, state);
            }
        }
        return "Memory report\n\n"
                + model.config() + "\n\n"
                + categories(model) + "\n"
                + Tables.text(Tables.of("Cost", List.of(MemoryAnalysis.computeMemoryEfficiency(model)))) + "\n"
                + Tables.text(Tables.of(
                        "Long-term memories after " + sequences.size() + " sequences",
                        MemoryAnalysis.analyzeMemoryCapacity(model, sequences)))
                + "\n"
                + Tables.text(Tables.of("Last pass of each sequence", monitor.statistics()));
    }

    private static String categories(Lmcode model) {
        record Category(String category, long numbers) {}
        return Tables.text(Tables.of(
                "Numbers by category",
                ParameterCount.of(model.config()).byCategory().entrySet().stream()
                        .map(e -> new Category(e.getKey(), e.getValue()))
                        .toList()));
    }
}
