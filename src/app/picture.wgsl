// One rectangle with round corners a draw call: a picture, or a plain colour.

struct Instance {
    @location(0) corners: vec4<f32>, // left, top, right, bottom; clip space
    @location(1) tint: vec4<f32>,    // part of the picture (left, top, right, bottom; 0-1), or a premultiplied colour
    @location(2) shape: vec4<f32>,   // half width, half height, radius (physical pixels), strength (0-1)
};

struct Fragment {
    @builtin(position) position: vec4<f32>,
    @location(0) uv: vec2<f32>,
    @location(1) from_middle: vec2<f32>, // physical pixels
    @location(2) @interpolate(flat) shape: vec4<f32>, // as in Instance
    @location(3) @interpolate(flat) color: vec4<f32>,
};

@vertex
fn vertex(@builtin(vertex_index) index: u32, instance: Instance) -> Fragment {
    let at = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    var out: Fragment;
    out.position = vec4<f32>(mix(instance.corners.xy, instance.corners.zw, at), 0.0, 1.0);
    out.uv = mix(instance.tint.xy, instance.tint.zw, at);
    out.from_middle = (2.0 * at - 1.0) * instance.shape.xy;
    out.shape = instance.shape;
    out.color = instance.tint;
    return out;
}

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var picture_sampler: sampler;

// How much of a pixel the rectangle covers, and how strongly.
fn coverage(in: Fragment) -> f32 {
    let radius = in.shape.z;
    let beyond = max(abs(in.from_middle) - (in.shape.xy - radius), vec2<f32>(0.0));
    return in.shape.w * clamp(radius + 0.5 - sqrt(dot(beyond, beyond)), 0.0, 1.0);
}

fn linear_from_gamma(color: vec4<f32>) -> vec4<f32> {
    let low = color.rgb / 12.92;
    let high = pow((color.rgb + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, color.rgb < vec3<f32>(0.04045)), color.a);
}

@fragment
fn picture_gamma(in: Fragment) -> @location(0) vec4<f32> {
    return textureSampleLevel(picture, picture_sampler, in.uv, 0.0) * coverage(in);
}

@fragment
fn picture_linear(in: Fragment) -> @location(0) vec4<f32> {
    return linear_from_gamma(textureSampleLevel(picture, picture_sampler, in.uv, 0.0)) * coverage(in);
}

@fragment
fn plain_gamma(in: Fragment) -> @location(0) vec4<f32> {
    return in.color * coverage(in);
}

@fragment
fn plain_linear(in: Fragment) -> @location(0) vec4<f32> {
    return linear_from_gamma(in.color) * coverage(in);
}
