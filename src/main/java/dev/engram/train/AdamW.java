package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.IValue;
import dev.engram.model.engine.Kernel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW with decoupled decay (Loshchilov and Hutter 2019) and clipping by the global norm, in place and in the arithmetic of
 * torch.optim.AdamW and torch.nn.utils.clip_grad_norm_. DJL's own Adam is not used: it clips one side only, leaves epsilon
 * without bias correction, cannot save its state and leaks it.
 */
final class AdamW implements AutoCloseable {
    private final NDManager manager;
    private final Kernel kernel;
    private final AdamWConfig config;
    private final Map<String, NDArray> parameters;
    private final Map<String, NDArray> first = new LinkedHashMap<>();
    private final Map<String, NDArray> second = new LinkedHashMap<>();
    private final long[] decays;
    private final IValue pinned;
    private final IValue pinnedFirst;
    private final IValue pinnedSecond;

    AdamW(Trainables trainables, AdamWConfig config) {
        this.config = config;
        this.parameters = trainables.parameters();
        this.manager = trainables.manager().newSubManager();
        this.kernel = Kernel.open(manager, "/dev/engram/train/optimiser.py");
        this.decays = parameters.keySet().stream()
                .mapToLong(n -> trainables.decays(n) ? 1 : 0)
                .toArray();
        parameters.forEach((name, p) -> {
            first.put(name, manager.zeros(p.getShape()));
            second.put(name, manager.zeros(p.getShape()));
        });
        this.pinned = Kernel.pin(new ArrayList<>(parameters.values()));
        this.pinnedFirst = Kernel.pin(new ArrayList<>(first.values()));
        this.pinnedSecond = Kernel.pin(new ArrayList<>(second.values()));
        createGradients();
    }

    /** Gives every leaf a gradient of zeros, so that one that a loss does not touch has one too. */
    private void createGradients() {
        try (NDManager scope = manager.newSubManager();
                dev.engram.model.Tape tape = dev.engram.model.Tape.open()) {
            NDArray zero = kernel.record(scope, "nothing", new NDList(new ArrayList<>(parameters.values())))
                    .get(0);
            tape.backward(zero);
        }
        zero();
    }

    /** Mean of gradients by parameter. */
    Map<String, NDArray> first() {
        return first;
    }

    /** Mean of squared gradients by parameter. */
    Map<String, NDArray> second() {
        return second;
    }

    /**
     * Scales the gradients down to a norm over all of them.
     *
     * @param limit 0 for none
     * @return the norm before; not finite if one of them is not
     */
    double clip(double limit) {
        return withGradients((scope, gradients) ->
                (double) kernel.one(scope, "clip", gradients, limit).getFloat());
    }

    /**
     * One update; the gradients are zero afterwards.
     *
     * @param rate learning rate
     * @param update from 1: how many updates there will have been, for the bias correction
     */
    void step(double rate, int update) {
        double size = rate / (1 - Math.pow(config.beta1(), update));
        double root = Math.sqrt(1 - Math.pow(config.beta2(), update));
        double shrink = 1 - rate * config.weightDecay();
        withGradients((scope, gradients) -> kernel.one(
                scope,
                "adamw",
                pinned,
                gradients,
                pinnedFirst,
                pinnedSecond,
                decays,
                shrink,
                config.beta1(),
                config.beta2(),
                size,
                root,
                config.epsilon()));
    }

    /** Discards the gradients. */
    void zero() {
        withGradients((scope, gradients) -> kernel.one(scope, "zero", gradients));
    }

    /** Overwrites an array in place; a leaf stays the same one. */
    void set(NDArray target, NDArray values) {
        try (NDManager scope = manager.newSubManager()) {
            kernel.one(scope, "set", target, values);
        }
    }

    /** The same from memory, row by row. */
    void set(NDArray target, float[] values) {
        try (NDArray array = manager.create(values, target.getShape())) {
            set(target, array);
        }
    }

    /** A copy that lives as long as this. */
    NDArray copyOf(NDArray array) {
        NDArray copy = manager.zeros(array.getShape());
        set(copy, array);
        return copy;
    }

    private interface Work<T> {
        T with(NDManager scope, NDList gradients);
    }

    /** A gradient is handed out in the parameter's manager each time it is asked for, so it is closed here. */
    private <T> T withGradients(Work<T> work) {
        List<NDArray> gradients = new ArrayList<>();
        try (NDManager scope = manager.newSubManager()) {
            parameters.values().forEach(p -> gradients.add(p.getGradient()));
            return work.with(scope, new NDList(gradients));
        } finally {
            gradients.forEach(NDArray::close);
        }
    }

    @Override
    public void close() {
        pinned.close();
        pinnedFirst.close();
        pinnedSecond.close();
        kernel.close();
        manager.close();
    }
}
