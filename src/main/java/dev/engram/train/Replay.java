package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Adapter;
import dev.engram.model.TrainableDecoder;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Text that the base model wrote, rehearsed so that learning something new leaves the rest as it was: the loss is
 * KL(base || model) at every token of a few samples a step. No outside text is needed, and the base's predictions are exact.
 *
 * <p>Of the base only the last hidden states are kept (2.3 kB a token of the default model); its logits are made from them by the
 * head, which must stay frozen. Adapters and layers may learn.
 */
public final class Replay {
    private final TrainableDecoder decoder;
    private final Batches batches;
    private final Map<Example, float[]> hidden = new HashMap<>();

    /**
     * Runs the base over the samples once.
     *
     * @param decoder with the base's weights, before anything is learned
     * @param samples see {@link BaseSamples}; a KL term stands at each learned token
     * @param rows samples a micro-batch
     */
    public Replay(TrainableDecoder decoder, List<Example> samples, int rows, int pad, long seed) {
        this.decoder = decoder;
        this.batches = Batches.padded(samples, rows, Integer.MAX_VALUE, pad, seed);
        for (Example sample : Progress.over("Predictions of the base", samples)) {
            try (NDManager scope = decoder.newScope()) {
                Batch one = Batch.of(List.of(sample), pad);
                hidden.put(sample, Forward.hidden(scope, decoder, null, one).toFloatArray());
            }
        }
    }

    /** KL(base || model) of the samples with this number, mean over their learned tokens, in nats. */
    public NDArray divergence(NDManager scope, Adapter adapter, long number) {
        List<Example> chosen = batches.examples(number);
        Batch batch = batches.batch(number);
        NDArray model = decoder.logits(scope, Forward.hidden(scope, decoder, adapter, batch));
        List<float[]> parts = new ArrayList<>();
        chosen.forEach(e -> parts.add(hidden.get(e)));
        int size = parts.stream().mapToInt(p -> p.length).sum();
        float[] all = new float[size];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        int width = decoder.config().hidden();
        NDArray base = decoder.logits(scope, scope.create(all, new Shape(1, size / width, width)));
        return decoder.divergence(scope, base, model);
    }

    int tokens(long number) {
        return batches.batch(number).tokens();
    }

    String fingerprint() {
        return batches.fingerprint();
    }
}
