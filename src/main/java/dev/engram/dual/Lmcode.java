package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.RandomCheckpoint;
import dev.engram.model.Seams;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.Torch;
import dev.engram.train.Trainables;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The language model with memory of seed 004: a decoder with learned positions whose layers read and write two memories. A text is
 * read segment by segment; self-attention sees one segment, and what is older is known through the memories alone.
 *
 * <pre>{@code
 * try (Lmcode model = Lmcode.create(LmcodeConfig.tiny(64, 16), 1);
 *         MemoryState state = model.newState(1);
 *         NDManager scope = model.newScope()) {
 *     model.forward(scope, new int[][] {{1, 2, 3}}, state);                       // read and remembered
 *     NDArray hidden = model.forward(scope, new int[][] {{4, 5}}, state);         // [1, 2, 64]
 *     NDArray logits = model.logits(scope, hidden);                               // [1, 2, 64]
 * }
 * }</pre>
 */
public final class Lmcode implements Trainables {
    private final LmcodeConfig config;
    private final TrainableDecoder decoder;
    private final NDManager manager;
    private final Kernel kernel;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final List<MemoryAugmentedLayer> layers = new ArrayList<>();

    private Lmcode(LmcodeConfig config, long seed) {
        this.config = config;
        this.decoder = new TrainableDecoder(
                Torch.manager(LoadOptions.DeviceChoice.AUTO),
                new RandomCheckpoint(config.decoder(), seed, config.deviation()),
                false);
        this.manager = decoder.newScope();
        this.kernel = Kernel.open(manager, "/dev/engram/dual/memory.py");
        decoder.parameters().values().forEach(p -> p.setRequiresGradient(true));
        MemoryParameters memory = new MemoryParameters(manager, config, seed);
        parameters.putAll(decoder.parameters());
        parameters.putAll(memory.all());
        for (int i = 0; i < config.numLayers(); i++) {
            layers.add(new MemoryAugmentedLayer(kernel, manager, memory, i, config));
        }
    }

    /** A model with random weights, to be trained. */
    public static Lmcode create(LmcodeConfig config, long seed) {
        return new Lmcode(config, seed);
    }

    public LmcodeConfig config() {
        return config;
    }

    public List<MemoryAugmentedLayer> layers() {
        return Collections.unmodifiableList(layers);
    }

    /** The decoder without its memories. */
    public TrainableDecoder decoder() {
        return decoder;
    }

    public NDManager newScope() {
        return decoder.newScope();
    }

    /** Sequences that have seen nothing, each with memories of its own. */
    public MemoryState newState(int batch) {
        return newState(manager, batch, config.memories());
    }

    /** The same with fewer memories than the model was made for; what is off adds nothing. */
    public MemoryState newState(int batch, Memories memories) {
        return newState(manager, batch, memories);
    }

    /** The same, freed with {@code owner}. */
    public MemoryState newState(NDManager owner, int batch, Memories memories) {
        LongTermMemory[][] stores = new LongTermMemory[config.numLayers()][batch];
        for (int i = 0; i < stores.length; i++) {
            for (int b = 0; b < batch && memories.longTerm(); b++) {
                stores[i][b] = layers.get(i).newStore(b);
            }
        }
        return new MemoryState(owner, batch, allowed(memories), false, stores);
    }

    /** Sequences that all read and write the model's own long-term stores, as the seed has it; short-term states are each row's own. */
    public MemoryState sharedState(int batch) {
        LongTermMemory[][] stores = new LongTermMemory[config.numLayers()][batch];
        for (int i = 0; i < stores.length; i++) {
            for (int b = 0; b < batch && config.memories().longTerm(); b++) {
                stores[i][b] = layers.get(i).longTermMemory();
            }
        }
        return new MemoryState(manager, batch, config.memories(), true, stores);
    }

    private Memories allowed(Memories wanted) {
        if (wanted.shortTerm() && !config.memories().shortTerm()
                || wanted.longTerm() && !config.memories().longTerm()) {
            throw new BadInputException("The state asks for memories " + wanted + ", but the model was made with "
                    + config.memories() + "; make it with both to switch them.");
        }
        return wanted;
    }

    /**
     * Reads a segment: the state is read, then takes the segment in.
     *
     * @param ids [batch][tokens], one segment of at most the window
     * @return the last hidden state before the norm, [batch, tokens, h]
     */
    public NDArray forward(NDManager step, int[][] ids, MemoryState state) {
        return forward(step, ids, state, true);
    }

    /** The same without writing: the state stays as it is. */
    public NDArray peek(NDManager step, int[][] ids, MemoryState state) {
        return forward(step, ids, state, false);
    }

    private NDArray forward(NDManager step, int[][] ids, MemoryState state, boolean write) {
        if (ids.length != state.batch()) {
            throw new BadInputException("The batch has " + ids.length + " rows, but the state remembers "
                    + state.batch() + " sequences; make a state for each batch.");
        }
        Seams.HiddenHook memory = new Seams.HiddenHook() {
            @Override
            public NDArray afterAttention(int layer, NDArray x) {
                return layers.get(layer).act(step, x, state, write);
            }
        };
        NDArray x = decoder.embed(step, ids);
        return decoder.forward(step, x, null, null, Seams.none().withHook(memory));
    }

    /** Logits of all positions, [batch, tokens, vocab]. */
    public NDArray logits(NDManager step, NDArray hidden) {
        return decoder.logits(step, hidden);
    }

    /**
     * Continues a text: the seed's {@code generate(input_ids, max_length, temperature, top_k, top_p)} with the settings in one object.
     *
     * @param prompt token ids, any number; they are read in segments of the window
     * @param config temperature, top-k, top-p, penalties, seed and the number of tokens; ends and stop strings do not count
     * @param state of one sequence; prompt and answer are in it afterwards
     * @return the new tokens
     */
    public int[] generate(int[] prompt, GenerationConfig config, MemoryState state) {
        return new LmcodeGenerator(this, state).generate(prompt, config);
    }

    /** Writes parameters, configuration and the model's own long-term stores into a folder. */
    public void save(Path folder) {
        LmcodeFile.save(this, folder);
    }

    /** Opens what {@link #save} wrote. */
    public static Lmcode load(Path folder) {
        Lmcode model = create(LmcodeFile.config(folder), 0);
        try {
            model.restore(folder);
            return model;
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** Takes over the parameters and stores of a folder; one of another configuration is refused with what differs. */
    public void restore(Path folder) {
        LmcodeFile.restore(this, folder);
    }

    /** Overwrites a parameter in place. */
    void set(NDArray parameter, float[] values) {
        try (NDManager scope = newScope()) {
            kernel.one(scope, "set", parameter, scope.create(values, parameter.getShape()));
        }
    }

    /** All parameters by name, those of the memories last. */
    @Override
    public Map<String, NDArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public NDManager manager() {
        return manager;
    }

    @Override
    public void close() {
        kernel.close();
        decoder.close();
    }
}
