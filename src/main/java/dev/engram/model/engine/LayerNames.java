package dev.engram.model.engine;

import java.util.List;

/** Hugging Face names of a decoder's tensors. */
public record LayerNames(int layer) {
    public static final String EMBEDDING = "model.embed_tokens.weight";
    public static final String POSITIONS = "model.embed_positions.weight";
    public static final String FINAL_NORM = "model.norm.weight";
    public static final String HEAD = "lm_head.weight";

    private String at(String rest) {
        return "model.layers." + layer + "." + rest;
    }

    public String inputNorm() {
        return at("input_layernorm.weight");
    }

    public String postNorm() {
        return at("post_attention_layernorm.weight");
    }

    public String q() {
        return at("self_attn.q_proj.weight");
    }

    public String k() {
        return at("self_attn.k_proj.weight");
    }

    public String v() {
        return at("self_attn.v_proj.weight");
    }

    public String o() {
        return at("self_attn.o_proj.weight");
    }

    public String gate() {
        return at("mlp.gate_proj.weight");
    }

    public String up() {
        return at("mlp.up_proj.weight");
    }

    public String down() {
        return at("mlp.down_proj.weight");
    }

    public String qNorm() {
        return at("self_attn.q_norm.weight");
    }

    public String kNorm() {
        return at("self_attn.k_norm.weight");
    }

    public List<String> qkv() {
        return List.of(q(), k(), v());
    }

    public List<String> qkvBias() {
        return List.of(at("self_attn.q_proj.bias"), at("self_attn.k_proj.bias"), at("self_attn.v_proj.bias"));
    }

    /** The seven linears in the order of adapters: q, k, v, o, gate, up, down. */
    public List<String> linears() {
        return List.of(q(), k(), v(), o(), gate(), up(), down());
    }
}
