package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.engram.model.engine.Kernel;

/**
 * The working memory of one layer: a state S of m slots per sequence. Reading adds softmax((xWq)(SWk)ᵀ/√h) S Wv to the residual
 * stream; writing moves S towards a candidate c = attention(S → x) by S ← (1 − ηz) S + ηz c with the gate z = σ(Wz [S; c] + b).
 *
 * <p>The seed gives the parts' names and η alone; the equations are our reading. Differs from it in a learned first state (with
 * equal slots every slot would stay equal to every other) and in the norm before each projection.
 */
final class ShortTermMemory {
    private final Kernel kernel;
    private final MemoryParameters parameters;
    private final String at;
    private final NDArray rate;

    ShortTermMemory(Kernel kernel, NDManager manager, MemoryParameters parameters, int layer, double updateRate) {
        this.kernel = kernel;
        this.parameters = parameters;
        this.at = MemoryParameters.shortTerm(layer);
        this.rate = manager.create((float) updateRate);
    }

    /** The state of sequences that have seen nothing, [batch, m, h]. */
    NDArray start(NDManager step, NDArray x) {
        return kernel.record(step, "start", p("start"), x).get(0);
    }

    /** x [batch, tokens, h] and state [batch, m, h] → x with what was read. */
    NDArray read(NDManager step, NDArray x, NDArray state) {
        return kernel.record(
                        step, "short_term_read", x, state, p("read_q.weight"), p("read_k.weight"), p("read_v.weight"))
                .get(0);
    }

    /** The state after the tokens [batch, m, h], and [mean, saturated share] of the gate. */
    NDList write(NDManager step, NDArray x, NDArray state) {
        return kernel.record(
                step,
                "short_term_write",
                x,
                state,
                p("write_q.weight"),
                p("write_k.weight"),
                p("write_v.weight"),
                p("update_gate.weight"),
                p("update_gate.bias"),
                rate);
    }

    private NDArray p(String name) {
        return parameters.get(at + name);
    }
}
