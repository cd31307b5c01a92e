package dev.engram.dual.tools;

import dev.engram.model.BadInputException;
import dev.engram.report.Axis;
import dev.engram.report.Charts;
import dev.engram.report.Picture;
import dev.engram.report.Series;
import dev.engram.train.History;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The seed's plot_training_history. */
public final class TrainingPlot {
    private TrainingPlot() {}

    /** Loss over the steps, and validation where it was measured. */
    public static Picture loss(History history) {
        List<Series> series = new ArrayList<>();
        series.add(series(history, "training", History.Entry::loss));
        if (history.entries().stream().anyMatch(e -> !Double.isNaN(e.validation()))) {
            series.add(series(history, "validation", History.Entry::validation));
        }
        return Charts.picture(Charts.line(
                "Loss", Axis.of("step", "steps"), Axis.of("loss", "nats a token"), series.toArray(Series[]::new)));
    }

    /** Norm of the gradient before clipping, over the steps. */
    public static Picture gradientNorm(History history) {
        return Charts.picture(Charts.line(
                "Gradient",
                Axis.of("step", "steps"),
                Axis.unitless("norm of all gradients before clipping"),
                series(history, "norm", History.Entry::gradientNorm)));
    }

    private static Series series(History history, String name, ToDoubleFunction<History.Entry> value) {
        List<History.Entry> measured = history.entries().stream()
                .filter(e -> Double.isFinite(value.applyAsDouble(e)))
                .toList();
        if (measured.isEmpty()) {
            throw new BadInputException("The training history has no step with a finite " + name
                    + "; plot the history of a run that made steps.");
        }
        return Series.of(
                name,
                measured.stream().mapToDouble(History.Entry::step).toArray(),
                measured.stream().mapToDouble(value).toArray());
    }
}
