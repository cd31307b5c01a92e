package dev.engram.model.source;

import dev.engram.model.LmConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** A checkpoint in which some tensors have other values, in f32: what training or merging made of a base. */
public final class ChangedCheckpoint implements Checkpoint {
    private final Checkpoint base;
    private final Map<String, Supplier<float[]>> changes = new HashMap<>();

    /**
     * Nothing is changed yet.
     *
     * @param base stays open as long as this is used; {@link #close} closes it
     */
    public ChangedCheckpoint(Checkpoint base) {
        this.base = base;
    }

    /**
     * Replaces a tensor; its shape stays.
     *
     * @param values asked each time the tensor is read, row by row
     */
    public ChangedCheckpoint put(String name, Supplier<float[]> values) {
        base.tensor(name);
        changes.put(name, values);
        return this;
    }

    @Override
    public StoredTensor tensor(String name) {
        StoredTensor stored = base.tensor(name);
        Supplier<float[]> change = changes.get(name);
        if (change == null) {
            return stored;
        }
        float[] values = change.get();
        if (values.length != stored.elements()) {
            throw new IllegalArgumentException(values.length + " values for " + name + " with " + stored.elements());
        }
        ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return new StoredTensor(
                name, TensorType.F32, stored.shape(), data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public LmConfig config() {
        return base.config();
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return base.generationDefaults();
    }

    @Override
    public Set<String> names() {
        return base.names();
    }

    @Override
    public String tokenizerJson() {
        return base.tokenizerJson();
    }

    @Override
    public Optional<String> chatTemplate() {
        return base.chatTemplate();
    }

    @Override
    public Path origin() {
        return base.origin();
    }

    @Override
    public void close() {
        base.close();
    }
}
