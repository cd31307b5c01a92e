package dev.engram.retrieve;

import dev.engram.model.CausalLm;
import dev.engram.model.PooledStates;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.DimensionAwareEmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.List;

/**
 * The language model's own hidden state as an embedding: the mean over a text's tokens, of length 1. No second model is needed.
 *
 * <p>Hidden states lie in a narrow cone, so the mean of some texts should be subtracted: {@link #centred}.
 */
public final class HiddenStateEmbedder extends DimensionAwareEmbeddingModel {
    private final CausalLm lm;
    private final PooledStates states;
    private final float[] mean;

    private HiddenStateEmbedder(CausalLm lm, PooledStates states, float[] mean) {
        this.lm = lm;
        this.states = states;
        this.mean = mean;
    }

    /** The mean over the tokens at five sixths of the depth; the model stays the caller's. */
    public static HiddenStateEmbedder of(CausalLm lm) {
        return new HiddenStateEmbedder(
                lm, PooledStates.layerMean(lm.decoder()), new float[lm.config().hidden()]);
    }

    /** The same without the common part of these texts; two or more are needed, some hundred are good. */
    public HiddenStateEmbedder centred(List<String> texts) {
        double[] sum = new double[mean.length];
        for (float[] v : raw(texts)) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += v[i];
            }
        }
        float[] common = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            common[i] = (float) (sum[i] / texts.size());
        }
        return new HiddenStateEmbedder(lm, states, common);
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        return Response.from(raw(segments.stream().map(TextSegment::text).toList()).stream()
                .map(this::embedding)
                .toList());
    }

    private Embedding embedding(float[] raw) {
        float[] v = new float[raw.length];
        for (int i = 0; i < v.length; i++) {
            v[i] = raw[i] - mean[i];
        }
        return Embedding.from(Vectors.unit(v));
    }

    private List<float[]> raw(List<String> texts) {
        return states.texts(lm.tokenizer(), texts);
    }

    @Override
    protected Integer knownDimension() {
        return mean.length;
    }

    @Override
    public String modelName() {
        return states.name();
    }
}
