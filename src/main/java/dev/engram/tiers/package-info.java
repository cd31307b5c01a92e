/**
 * The notes' programme (seed 001): short-, mid- and long-term stores of text with a gate and a rule of promotion, what a user tells,
 * masked and learned by a few layers, and the two store-like plans of seed 003 (seven items, a buffer of 100).
 */
package dev.engram.tiers;
