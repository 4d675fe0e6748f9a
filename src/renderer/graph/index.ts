/** The editor's model: an immutable document, commands as data, undo, and questions about the graph. No drawing here. */
export { Catalogue } from './catalogue.ts';
export { clip, clippingText, readClipping, type Clipping } from './clipboard.ts';
export type { Command } from './commands/index.ts';
export { describeChange, diffGraphs, type GraphChange } from './diff.ts';
export { Editor, type ChangeCause, type DispatchOptions, type DispatchResult, type EditorChange, type EditorOptions } from './editor.ts';
export { alignBoxes, distributeBoxes, type Edge } from './layout/align.ts';
export { autoLayout, MAX_LAYOUT_NODES } from './layout/auto-layout.ts';
export { freePlace } from './layout/free-place.ts';
export {
  boundsOf, boxesIn, canvasPoint, fitViewport, frameAround, minimapViewport, overlaps, screenPoint, visibleBox, type Boxes, type Viewport,
} from './layout/geometry.ts';
export { groupBox, insideGroup, readGroups, type Box, type Group } from './layout/groups.ts';
export { isCollapsed, readColor, readPoint, readPosition, readSize, type Point } from './layout/node-ui.ts';
export { dirtyNodes, faultsByNode } from './queries/dirty.ts';
export { fittingPorts, paletteCandidates, type PaletteCandidate } from './queries/palette.ts';
export { joinPorts, linkTargets, ownPorts, type LinkTarget, type OwnPort } from './queries/link-targets.ts';
export { canBypass, isBoundary, passThroughOf } from './queries/pass-through.ts';
export { linkFault, portOf, portVerdicts, shownInputs, type PortSide, type PortVerdict, type ShownInput, type SidedPort } from './queries/ports.ts';
export { downstreamOf, upstreamOf } from './queries/reach.ts';
export { fuzzySearch, searchPalette, type Found } from './queries/search.ts';
export { nodeAt, openScope, scopeOf, type EditorState, type GraphNodes, type Scope, type Selection } from './state.ts';
export { countUses, unusedSubgraphs } from './subgraph-edits.ts';
export { GraphView, type PortEnd, type ViewLink } from './view.ts';
