package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.GenerationConfig;
import dev.engram.model.Sampler;
import java.util.Arrays;

/**
 * Generates token by token. Text is read in segments of the window: a full segment is taken into the memories, and the next one
 * begins with nothing but them. The open segment is computed anew for every token; there is no cache.
 */
final class LmcodeGenerator {
    private final Lmcode model;
    private final MemoryState state;
    private final int window;
    private int[] open = new int[0];

    LmcodeGenerator(Lmcode model, MemoryState state) {
        if (state.batch() != 1) {
            throw new BadInputException("The state remembers " + state.batch()
                    + " sequences, but a text is generated for one; give a state of batch 1.");
        }
        this.model = model;
        this.state = state;
        this.window = model.config().window();
    }

    /** The new tokens; prompt and tokens are in the state's memories afterwards. */
    int[] generate(int[] prompt, GenerationConfig config) {
        if (prompt.length == 0) {
            throw new BadInputException("The prompt has no tokens; give one or more.");
        }
        Sampler sampler = new Sampler(config);
        sampler.prompt(prompt);
        int[] made = new int[config.maxNewTokens()];
        float[] logits = feed(prompt);
        for (int i = 0; i < made.length; i++) {
            made[i] = sampler.choose(logits);
            boolean last = i == made.length - 1;
            logits = last ? logits : feed(new int[] {made[i]});
        }
        close(made[made.length - 1]);
        return made;
    }

    /** Reads tokens; the logits after the last one. */
    private float[] feed(int[] ids) {
        float[] logits = null;
        for (int id : ids) {
            open = Arrays.copyOf(open, open.length + 1);
            open[open.length - 1] = id;
            if (open.length == window) {
                logits = run(true);
                open = new int[0];
            }
        }
        return open.length == 0 ? logits : run(false);
    }

    private float[] run(boolean write) {
        try (NDManager scope = model.newScope()) {
            int[][] ids = {open};
            NDArray hidden = write ? model.forward(scope, ids, state) : model.peek(scope, ids, state);
            NDArray all = model.logits(scope, hidden); // [1, tokens, vocab]
            return all.get(":, -1:").toFloatArray();
        }
    }

    /** Takes the last token and the open segment into the memories. */
    private void close(int last) {
        open = Arrays.copyOf(open, open.length + 1);
        open[open.length - 1] = last;
        run(true);
    }
}
