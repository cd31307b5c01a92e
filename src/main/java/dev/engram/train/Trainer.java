package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.Tape;
import dev.engram.report.Progress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Trains: loss, backward pass, clipping, AdamW, step by step. A run that has a folder goes on from its newest checkpoint and
 * reaches the same parameters, bit for bit, as one that was never interrupted; a finished one returns at once. A run that
 * diverges goes back to its last good state with a smaller rate, a few times, before it gives up. An interrupted thread ends
 * the run after the step at hand, its state saved.
 *
 * <pre>{@code
 * try (TrainableDecoder decoder = TrainableDecoder.open("default", DType.AUTO);
 *         Lora lora = Lora.create(decoder, LoraConfig.of(8), 1)) {
 *     History history = new Trainer(lora, TrainConfig.of(100, 1e-3)).run(task);
 * }
 * }</pre>
 */
public final class Trainer {
    private final Trainables trainables;
    private final TrainConfig config;
    private Consumer<History.Entry> listener = entry -> {};

    public Trainer(Trainables trainables, TrainConfig config) {
        this.trainables = trainables;
        this.config = config;
    }

    /** Is told every step as soon as it is done; validation included. */
    public Trainer onStep(Consumer<History.Entry> newListener) {
        listener = newListener;
        return this;
    }

    /**
     * Runs the task to its end.
     *
     * @throws BadInputException if the run keeps diverging, or the folder holds checkpoints of another run
     */
    public History run(TrainingTask task) {
        try (AdamW optimiser = new AdamW(trainables, config.adamw());
                Progress progress = Progress.start(config.name(), config.steps())) {
            return new Run(task, optimiser, progress).toTheEnd();
        }
    }

    /** One run's state. */
    private final class Run {
        private final TrainingTask task;
        private final AdamW optimiser;
        private final Progress progress;
        private final History history = new History();
        private final LastGood lastGood;
        private double rateFactor = 1;
        private int rollbacks;
        private int step;
        private int shown;

        Run(TrainingTask task, AdamW optimiser, Progress progress) {
            this.task = task;
            this.optimiser = optimiser;
            this.progress = progress;
            TrainConfig.Checkpointing c = config.checkpoints();
            this.lastGood = new LastGood(
                    new State(trainables, optimiser),
                    c.folder() == null ? null : new Checkpoints(c.folder(), c.keep()));
        }

        History toTheEnd() {
            resume();
            boolean due = false;
            while (step < config.steps() && !stopped()) {
                String fault = advance();
                if (fault != null) {
                    goBack(fault);
                    continue;
                }
                due |= step % config.checkpoints().every() == 0;
                if (step == config.steps() || stopped() || due && config.watch().calm(history)) {
                    save();
                    due = false;
                }
                listener.accept(history.last());
                if (Thread.interrupted()) {
                    interrupted();
                    return history;
                }
            }
            if (step < config.steps()) {
                progress.note("stopped early after step " + step);
            }
            return history;
        }

        /** Files cannot be written by an interrupted thread, so it is one again only after the checkpoint. */
        private void interrupted() {
            save();
            history.remark("Interrupted after step " + step + ".");
            progress.note("interrupted after step " + step);
            Thread.currentThread().interrupt();
        }

        private void resume() {
            Checkpoints.Position at;
            try {
                at = lastGood.restore(history);
            } catch (MismatchException e) {
                throw e.told();
            }
            if (at == null) {
                save();
            } else {
                requireSame("settings", at.settings(), config.identity());
                requireSame("task", at.task(), task.fingerprint());
                take(at);
                show();
            }
        }

        private void requireSame(String what, String saved, String now) {
            if (!saved.equals(now)) {
                throw new BadInputException(
                        "The checkpoints in " + config.checkpoints().folder()
                                + " were made with other " + what + " (" + saved + ") than this run has (" + now
                                + "); give each run a folder of its own.");
            }
        }

        private void take(Checkpoints.Position at) {
            step = at.step();
            rateFactor = at.rateFactor();
            rollbacks = at.rollbacks();
        }

        /** One update; returns why it was not made, or null. */
        private String advance() {
            long start = System.nanoTime();
            double loss = gradients();
            double norm = optimiser.clip(config.maxGradNorm());
            String fault = config.watch().fault(history, loss, norm);
            if (fault != null) {
                optimiser.zero();
                return fault;
            }
            double rate = config.rate(step) * rateFactor;
            optimiser.step(rate, step + 1);
            int tokens = 0;
            for (int m = 0; m < config.accumulation(); m++) {
                tokens += task.tokens(step, m);
            }
            history.add(new History.Entry(
                    step,
                    loss,
                    rate,
                    norm,
                    tokens,
                    (System.nanoTime() - start) / 1e9,
                    Double.NaN,
                    Collections.unmodifiableMap(new LinkedHashMap<>(task.parts()))));
            step++;
            if (config.earlyStop() != null && step % config.earlyStop().every() == 0) {
                history.replaceLast(history.last().withValidation(task.validate(step)));
            }
            show();
            return null;
        }

        /** Adds up the gradients of the micro-batches; returns the loss of all of them. */
        private double gradients() {
            int all = 0;
            for (int m = 0; m < config.accumulation(); m++) {
                all += task.labels(step, m);
            }
            double loss = 0;
            for (int m = 0; m < config.accumulation(); m++) {
                double weight = (double) task.labels(step, m) / Math.max(1, all);
                trainables.before(step, m);
                try (NDManager scope = trainables.manager().newSubManager();
                        Tape tape = Tape.open()) {
                    NDArray one = task.loss(scope, step, m);
                    loss += weight * one.getFloat();
                    tape.backward(one, weight);
                } finally {
                    trainables.after();
                }
            }
            return loss;
        }

        private boolean stopped() {
            return config.earlyStop() != null && config.earlyStop().reached(history);
        }

        private void goBack(String fault) {
            if (rollbacks == config.watch().rollbacks()) {
                lastGood.restore(history);
                throw new BadInputException(String.format(
                        Locale.ROOT,
                        "The training diverged at step %d: %s, after %d rollbacks and with a learning rate of %.3g;"
                                + " lower the rate, lengthen the warm-up or check the data of this step.",
                        step,
                        fault,
                        rollbacks,
                        config.rate(step) * rateFactor));
            }
            int from = step;
            double factor = rateFactor * config.watch().rate();
            int used = rollbacks + 1;
            take(lastGood.restore(history));
            rateFactor = factor;
            rollbacks = used;
            history.remark(String.format(
                    Locale.ROOT, "Step %d: %s; back to step %d with %.3g of the rate.", from, fault, step, rateFactor));
            progress.note("back to step " + step + ", " + fault);
        }

        /** A checkpoint that cannot be written does not end the run: those there are stay, and the next one is tried. */
        private void save() {
            try {
                lastGood.save(
                        new Checkpoints.Position(
                                step, rateFactor, rollbacks, config.identity(), task.fingerprint(), 0, List.of()),
                        history);
            } catch (BadInputException e) {
                if (step == 0) {
                    throw e;
                }
                history.remark("Step " + step + ": " + e.getMessage());
                System.err.println("Step " + step + ": " + e.getMessage());
            }
        }

        private void show() {
            if (!history.entries().isEmpty()) {
                History.Entry e = history.last();
                String speed =
                        e.tokens() == 0 ? "" : String.format(Locale.ROOT, ", %.0f tokens/s", e.tokensPerSecond());
                progress.note(String.format(Locale.ROOT, "loss %.3f%s", e.loss(), speed));
            }
            if (step > shown) {
                progress.step(step - shown);
                shown = step;
            }
        }
    }
}
