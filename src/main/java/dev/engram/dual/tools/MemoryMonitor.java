package dev.engram.dual.tools;

import dev.engram.dual.LayerTrace;
import dev.engram.dual.MemoryState;
import dev.engram.model.BadInputException;
import dev.engram.report.Axis;
import dev.engram.report.Charts;
import dev.engram.report.Picture;
import dev.engram.report.Series;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** The seed's MemoryMonitor: what the memories of each layer did, pass by pass. */
public final class MemoryMonitor {
    /** What is watched. */
    public enum Quantity {
        UPDATE_GATE("mean of the update gate", LayerTrace::updateGate),
        UPDATE_SATURATED("update gates below 0.05 or above 0.95, share", LayerTrace::updateSaturated),
        READ_GATE("mean of the read gate", LayerTrace::readGate),
        READ_SATURATED("read gates below 0.05 or above 0.95, share", LayerTrace::readSaturated),
        RETRIEVED("slots retrieved a token", LayerTrace::retrieved),
        SLOTS_USED("long-term slots in use", LayerTrace::slotsUsed);

        private final String label;
        private final ToDoubleFunction<LayerTrace> value;

        Quantity(String label, ToDoubleFunction<LayerTrace> value) {
            this.label = label;
            this.value = value;
        }

        /** In words. */
        public String label() {
            return label;
        }

        /** NaN where the memory did not act. */
        public double of(LayerTrace trace) {
            return value.applyAsDouble(trace);
        }
    }

    /** One layer in one step. */
    public record Row(
            int step,
            int layer,
            double updateGate,
            double updateSaturated,
            double readGate,
            double readSaturated,
            double retrieved,
            double slotsUsed) {}

    /** One quantity of one layer over all recorded steps in which it was measured. */
    public record Statistic(
            String quantity, int layer, int steps, double mean, double least, double most, double last) {}

    private final List<Integer> steps = new ArrayList<>();
    private final List<LayerTrace> traces = new ArrayList<>();

    /** Notes what the last pass did. */
    public void recordStep(int step, MemoryState state) {
        recordStep(step, state.trace());
    }

    void recordStep(int step, List<LayerTrace> layers) {
        for (LayerTrace t : layers) {
            steps.add(step);
            traces.add(t);
        }
    }

    /** All that was recorded, in order. */
    public List<Row> history() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            LayerTrace t = traces.get(i);
            rows.add(new Row(
                    steps.get(i),
                    t.layer(),
                    t.updateGate(),
                    t.updateSaturated(),
                    t.readGate(),
                    t.readSaturated(),
                    t.retrieved(),
                    t.slotsUsed()));
        }
        return rows;
    }

    /** The seed's get_statistics; a quantity that was never measured in a layer has no row. */
    public List<Statistic> statistics() {
        List<Statistic> all = new ArrayList<>();
        for (Quantity q : Quantity.values()) {
            for (int layer : layers()) {
                double[] values = values(q, layer);
                if (values.length > 0) {
                    double sum = 0;
                    double least = values[0];
                    double most = values[0];
                    for (double v : values) {
                        sum += v;
                        least = Math.min(least, v);
                        most = Math.max(most, v);
                    }
                    all.add(new Statistic(
                            q.label,
                            layer,
                            values.length,
                            sum / values.length,
                            least,
                            most,
                            values[values.length - 1]));
                }
            }
        }
        return all;
    }

    private Set<Integer> layers() {
        Set<Integer> layers = new LinkedHashSet<>();
        traces.forEach(t -> layers.add(t.layer()));
        return layers;
    }

    private double[] values(Quantity q, int layer) {
        return traces.stream()
                .filter(t -> t.layer() == layer)
                .mapToDouble(q::of)
                .filter(v -> !Double.isNaN(v))
                .toArray();
    }

    /** A line per layer over the steps. */
    public Picture plot(Quantity quantity) {
        List<Series> series = new ArrayList<>();
        for (int layer : layers()) {
            List<double[]> points = new ArrayList<>();
            for (int i = 0; i < steps.size(); i++) {
                if (traces.get(i).layer() == layer && !Double.isNaN(quantity.of(traces.get(i)))) {
                    points.add(new double[] {steps.get(i), quantity.of(traces.get(i))});
                }
            }
            if (!points.isEmpty()) {
                series.add(Series.of(
                        "layer " + layer,
                        points.stream().mapToDouble(p -> p[0]).toArray(),
                        points.stream().mapToDouble(p -> p[1]).toArray()));
            }
        }
        if (series.isEmpty()) {
            throw new BadInputException(
                    "The monitor has recorded no " + quantity.label + "; record steps of a model whose memories act.");
        }
        return Charts.picture(Charts.line(
                "Memories, step by step",
                Axis.of("step", "steps"),
                Axis.unitless(quantity.label),
                series.toArray(Series[]::new)));
    }

    /** The seed's plot_history: the picture as a PNG file. */
    public void plotHistory(Quantity quantity, Path png) {
        plot(quantity).save(png);
    }
}
