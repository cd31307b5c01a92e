package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.source.ChangedCheckpoint;
import dev.engram.model.source.Checkpoint;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/** A decoder's own parameters: all of them, or the last layers'. They stay trained after this is closed. */
public class FullTraining implements Trainables {
    private final NDManager manager;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();

    /** All parameters of a decoder in f32. */
    public FullTraining(TrainableDecoder decoder) {
        this(decoder, name -> true);
    }

    FullTraining(TrainableDecoder decoder, Predicate<String> chosen) {
        if (decoder.bf16()) {
            throw new BadInputException(
                    "The decoder's weights are in bf16, in which small updates are lost; open it in f32 to train them.");
        }
        manager = decoder.newScope();
        decoder.parameters().forEach((name, p) -> {
            if (chosen.test(name)) {
                p.setRequiresGradient(true);
                parameters.put(name, p);
            }
        });
    }

    /** A checkpoint with the trained values in place of the base's, as they are when a tensor is read. */
    public Checkpoint merged(Checkpoint base) {
        ChangedCheckpoint changed = new ChangedCheckpoint(base);
        parameters.forEach((name, p) -> changed.put(name, p::toFloatArray));
        return changed;
    }

    @Override
    public NDManager manager() {
        return manager;
    }

    @Override
    public Map<String, NDArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public void close() {
        parameters.values().forEach(p -> p.setRequiresGradient(false));
        manager.close();
    }
}
