package dev.engram.model;

import ai.djl.ndarray.NDArray;

/**
 * What acts on a forward pass, one part for each place inside the transformer where a memory can live. Every part may be
 * null. Tensors handed to a part belong to the caller; a part keeps what it needs by copying it.
 *
 * @param watch is told how much attention each slot received
 * @param rows extra keys and values before the text's own
 * @param hook changes the residual stream inside a layer
 * @param bias is added to the attention logits of each slot
 * @param projections is shown q, k and v before rotation
 */
public record Seams(AttentionWatch watch, ExtraRows rows, HiddenHook hook, SlotBias bias, ProjectionWatch projections) {
    private static final Seams NONE = new Seams(null, null, null, null, null);

    /** Attention received per slot. */
    public interface AttentionWatch {
        /** How many of the pass's last queries are summed; 1 is the newest token alone. */
        default int queries() {
            return 1;
        }

        /**
         * Called once per layer.
         *
         * @param received [batch, kvHeads, extra rows + slots] in f32: probability summed over the queries, mean over the
         *     heads that share a key/value head; a query's share over all rows and slots is 1
         */
        void received(int layer, NDArray received);

        /**
         * Called once for a pass that ran as one call; hands each layer its part.
         *
         * @param all the layers' attention side by side, [batch, kvHeads, sum of columns]
         * @param columns rows and slots of each layer
         */
        default void received(NDArray all, int[] columns) {
            int at = 0;
            for (int i = 0; i < columns.length; i++) {
                try (NDArray part = all.get(":, :, " + at + ":" + (at + columns[i]))) {
                    received(i, part);
                }
                at += columns[i];
            }
        }
    }

    /** Extra key/value rows per layer, read in the same softmax as the text. */
    public interface ExtraRows {
        /** This layer's rows; null for none. Where there is a mask, layers that give fewer rows give the mask's first ones. */
        Rows of(int layer);

        /**
         * Which queries see which rows.
         *
         * @return additive mask (0 visible, −∞ hidden) [1|queries, rows], or per row of a batch [batch, 1, 1, 1|queries, rows]; null
         *     when all see all
         */
        default NDArray mask() {
            return null;
        }
    }

    /**
     * Rows of one layer.
     *
     * @param keys [1|batch, kvHeads, rows, headDim], rotated to each row's own position
     * @param values same shape
     */
    public record Rows(NDArray keys, NDArray values) {}

    /** Changes the hidden state; each method returns its argument or a new array of the same shape [batch, tokens, hidden]. */
    public interface HiddenHook {
        default NDArray beforeAttention(int layer, NDArray x) {
            return x;
        }

        default NDArray afterAttention(int layer, NDArray x) {
            return x;
        }

        default NDArray afterLayer(int layer, NDArray x) {
            return x;
        }
    }

    /** A number per slot that is added to the attention logits, such as log R of a forgetting curve. */
    public interface SlotBias {
        /**
         * The bias of a layer.
         *
         * @param slots slots of this layer, the new tokens included
         * @return [1|batch, 1|kvHeads, 1|tokens, slots] in f32, or null
         */
        NDArray of(int layer, int slots);
    }

    /** Sees a layer's projections before rotation. */
    public interface ProjectionWatch {
        /** Whether a layer is to be shown; what is not looked at need not be handed out. */
        default boolean sees(int layer) {
            return true;
        }

        /**
         * q [batch, tokens, heads, headDim], k and v [batch, tokens, kvHeads, headDim]; q and k after their norms (Qwen3). They are
         * freed after the call, with all that was made in their manager.
         */
        void projected(int layer, NDArray q, NDArray k, NDArray v);
    }

    public static Seams none() {
        return NONE;
    }

    public Seams withWatch(AttentionWatch w) {
        return new Seams(w, rows, hook, bias, projections);
    }

    public Seams withRows(ExtraRows r) {
        return new Seams(watch, r, hook, bias, projections);
    }

    public Seams withHook(HiddenHook h) {
        return new Seams(watch, rows, h, bias, projections);
    }

    public Seams withBias(SlotBias b) {
        return new Seams(watch, rows, hook, b, projections);
    }

    public Seams withProjections(ProjectionWatch p) {
        return new Seams(watch, rows, hook, bias, p);
    }

    /** Whether a layer's projections are to be shown. */
    public boolean shows(int layer) {
        return projections != null && projections.sees(layer);
    }

    /** Whether something must act between two calls, so that the stack cannot run as one. */
    boolean betweenLayers() {
        return hook != null || projections != null;
    }
}
