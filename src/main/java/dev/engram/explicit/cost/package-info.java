/** What explicit memories cost: bytes to keep, operations to write and read, and from how many uses they pay. */
package dev.engram.explicit.cost;
