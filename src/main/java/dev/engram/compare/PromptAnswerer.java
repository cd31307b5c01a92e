package dev.engram.compare;

import dev.engram.model.CausalLm;
import dev.engram.model.text.Message;
import dev.engram.retrieve.RagPrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** A model as it is, with the texts of a finder before the question: all arms whose memory lies in weights or in text. */
final class PromptAnswerer implements Answerer {
    private static final int BATCH = 16;

    private final CausalLm lm;
    private final Finder finder;

    PromptAnswerer(CausalLm lm, Finder finder) {
        this.lm = lm;
        this.finder = finder;
    }

    private record Asked(String prompt, int[] ids, boolean declined) {}

    private List<Asked> asked(List<Probe> probes) {
        return probes.stream()
                .map(p -> {
                    Finder.Found found = finder.find(p);
                    List<Message> messages = RagPrompt.standard().messages(p.messages(), found.texts());
                    String prompt = lm.prompt(messages);
                    return new Asked(prompt, lm.tokenizer().encode(prompt), found.declined());
                })
                .toList();
    }

    @Override
    public List<Reply> answer(List<Probe> probes, int newTokens) {
        List<Asked> asked = asked(probes);
        Reply[] replies = new Reply[probes.size()];
        for (List<Integer> part : batches(asked.stream().map(Asked::ids).toList())) {
            List<int[]> said = newTokens == 0
                    ? part.stream().map(i -> new int[0]).toList()
                    : lm.generateBatch(part.stream().map(i -> asked.get(i).ids).toList(), newTokens);
            for (int p = 0; p < part.size(); p++) {
                Asked a = asked.get(part.get(p));
                String answer = lm.tokenizer().decode(said.get(p), true).strip();
                replies[part.get(p)] = new Reply(answer, a.declined, a.ids.length, said.get(p).length, new double[0]);
            }
        }
        return List.of(replies);
    }

    @Override
    public List<Reply> score(List<Probe> probes, List<Reply> replies) {
        List<Asked> asked = asked(probes);
        List<int[]> prompts = new ArrayList<>();
        List<int[]> candidates = new ArrayList<>();
        for (int i = 0; i < probes.size(); i++) {
            for (String candidate : Answerer.candidates(probes.get(i))) {
                prompts.add(lm.tokenizer().encode(asked.get(i).prompt + STEM));
                candidates.add(lm.tokenizer().encode(" " + candidate));
            }
        }
        double[] nll = new double[prompts.size()];
        for (List<Integer> part : batches(prompts)) {
            List<double[]> scores = lm.score(
                    part.stream().map(prompts::get).toList(),
                    part.stream().map(candidates::get).toList());
            for (int p = 0; p < part.size(); p++) {
                nll[part.get(p)] = -Arrays.stream(scores.get(p)).average().orElseThrow();
            }
        }
        List<Reply> scored = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < probes.size(); i++) {
            int n = Answerer.candidates(probes.get(i)).size();
            scored.add(replies.get(i).with(Arrays.copyOfRange(nll, at, at + n)));
            at += n;
        }
        return scored;
    }

    /** Prompts of like length side by side, so that little is padded. */
    private static List<List<Integer>> batches(List<int[]> prompts) {
        List<Integer> order = IntStream.range(0, prompts.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> prompts.get(i).length))
                .toList();
        List<List<Integer>> parts = new ArrayList<>();
        for (int at = 0; at < order.size(); at += BATCH) {
            parts.add(order.subList(at, Math.min(order.size(), at + BATCH)));
        }
        return parts;
    }
}
