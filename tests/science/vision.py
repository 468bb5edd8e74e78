"""Rendering, cameras and rotations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# --- ray-sphere renderer -----------------------------------------------------------------------


def normalize(v):
    return v / np.sqrt(v @ v)


@dataclass
class Sphere:
    centre: np.ndarray
    radius: float
    colour: np.ndarray

    def intersect(self, origin, direction):
        """Distance to the nearest hit in front of the origin, or None."""
        oc = origin - self.centre
        b = oc @ direction
        disc = b * b - (oc @ oc - self.radius**2)
        if disc < 0.0:
            return None
        t = -b - np.sqrt(disc)
        return t if t > 1e-6 else None

    def normal(self, point):
        return (point - self.centre) / self.radius


def trace_ray(origin, direction, scene, light, ambient=0.1):
    """Colour seen along a ray: Lambert shading plus a Phong highlight."""
    nearest, hit = math.inf, None
    for sphere in scene:
        t = sphere.intersect(origin, direction)
        if t is not None and t < nearest:
            nearest, hit = t, sphere
    if hit is None:
        return np.array([0.05, 0.05, 0.1])
    point = origin + nearest * direction
    n = hit.normal(point)
    to_light = normalize(light - point)
    diffuse = max(0.0, n @ to_light)
    mirrored = 2.0 * (n @ to_light) * n - to_light
    highlight = max(0.0, -(mirrored @ direction)) ** 4
    return hit.colour * (ambient + 0.8 * diffuse) + 0.2 * highlight


def render_loss(centres, radii, light, target):
    """Mean square difference between a picture of two spheres and a target picture."""
    colours = [np.array([0.9, 0.2, 0.1]), np.array([0.1, 0.4, 0.8])]
    scene = [Sphere(c, r, colour) for c, r, colour in zip(centres, radii, colours)]
    height, width, _ = target.shape
    image = np.zeros((height, width, 3))
    eye = np.zeros(3)
    for row in range(height):
        for col in range(width):
            x = (col + 0.5) / width * 2.0 - 1.0
            y = 1.0 - (row + 0.5) / height * 2.0
            image[row, col] = trace_ray(eye, normalize(np.array([x, y, -2.0])), scene, light)
    return np.mean((image - target) ** 2)


# --- camera reprojection -----------------------------------------------------------------------


def euler_matrix(yaw, pitch, roll):
    """Rotation matrix Rz(yaw) Ry(pitch) Rx(roll)."""
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    rz = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    ry = np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
    rx = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    return rz @ ry @ rx


def distort(xy, k1, k2):
    """Radial lens distortion of normalised image coordinates."""
    r2 = np.sum(xy**2, axis=-1, keepdims=True)
    return xy * (1.0 + k1 * r2 + k2 * r2**2)


def reprojection_error(pose, intrinsics, points, pixels, weights=None):
    """Weighted mean square reprojection error of a camera.

    pose: yaw, pitch, roll, then the translation; intrinsics: fx, fy, cx, cy, k1, k2.
    """
    fx, fy, cx, cy, *radial = intrinsics
    rotation, translation = euler_matrix(*pose[:3]), pose[3:]
    in_camera = points @ rotation.T + translation
    depth = in_camera[:, 2]
    if np.any(depth <= 0.0):
        behind = int(np.sum(depth <= 0.0))
        raise ValueError(f"{behind} of {len(points)} points lie behind the camera")
    xy = distort(in_camera[:, :2] / depth[:, None], *radial)
    projected = np.empty_like(pixels)
    projected[:, 0] = fx * xy[:, 0] + cx
    projected[:, 1] = fy * xy[:, 1] + cy
    squared = np.sum((projected - pixels) ** 2, axis=1)
    if weights is not None:
        squared = squared * weights / np.mean(weights)
    return np.mean(squared)


# --- quaternion rotation -----------------------------------------------------------------------


class Quaternion:
    """Quaternion w + xi + yj + zk."""

    __slots__ = ("w", "x", "y", "z")

    def __init__(self, w, x, y, z):
        self.w, self.x, self.y, self.z = w, x, y, z

    @classmethod
    def from_rotation_vector(cls, v):
        angle = np.sqrt(v[0] ** 2 + v[1] ** 2 + v[2] ** 2)
        if angle < 1e-9:
            return cls(1.0, 0.5 * v[0], 0.5 * v[1], 0.5 * v[2])
        s = np.sin(0.5 * angle) / angle
        return cls(np.cos(0.5 * angle), s * v[0], s * v[1], s * v[2])

    def __mul__(self, other):
        if not isinstance(other, Quaternion):
            return Quaternion(self.w * other, self.x * other, self.y * other, self.z * other)
        return Quaternion(
            self.w * other.w - self.x * other.x - self.y * other.y - self.z * other.z,
            self.w * other.x + self.x * other.w + self.y * other.z - self.z * other.y,
            self.w * other.y - self.x * other.z + self.y * other.w + self.z * other.x,
            self.w * other.z + self.x * other.y - self.y * other.x + self.z * other.w,
        )

    def __add__(self, other):
        return Quaternion(self.w + other.w, self.x + other.x, self.y + other.y, self.z + other.z)

    def __abs__(self):
        return math.sqrt(self.w**2 + self.x**2 + self.y**2 + self.z**2)

    def conjugate(self):
        return Quaternion(self.w, -self.x, -self.y, -self.z)

    def normalized(self):
        return self * (1.0 / abs(self))

    def rotate(self, v):
        q = self * Quaternion(0.0, *v) * self.conjugate()
        return np.array([q.x, q.y, q.z])


def integrate_gyro(start, rates, bias, dt=0.1, up=(0.0, 0.0, 1.0), blend=0.2):
    """Direction of a body axis after a series of gyroscope readings with a constant bias.

    The attitude is smoothed by blending it with that of the step before.
    """
    q = Quaternion(*start).normalized()
    for omega in rates:
        turned = q * Quaternion.from_rotation_vector((omega - bias) * dt)
        q = (turned * (1.0 - blend) + q * blend).normalized()
    return q.rotate(up)


# --- bundle adjustment residual ----------------------------------------------------------------


class Observation(NamedTuple):
    camera: int
    point: int
    xy: np.ndarray


def rodrigues(rvec, v):
    """Rotate v by the rotation vector rvec."""
    theta2 = rvec @ rvec
    if theta2 < 1e-12:
        return v + np.cross(rvec, v)
    theta = np.sqrt(theta2)
    k = rvec / theta
    cos, sin = np.cos(theta), np.sin(theta)
    return v * cos + np.cross(k, v) * sin + k * (k @ v) * (1.0 - cos)


def project(camera, point):
    """Image coordinates of a point; camera: rotation, translation, focal length, k1."""
    x, y, z = rodrigues(camera[:3], point) + camera[3:6]
    if z <= 0.0:
        raise ValueError(f"point {point} is behind the camera (depth {z:.3g})")
    u = np.array([x / z, y / z])
    return camera[6] * (1.0 + camera[7] * (u @ u)) * u


def huber(r, delta=0.3):
    """Quadratic near zero, linear far out."""
    if r <= delta:
        return 0.5 * r * r
    return delta * (r - 0.5 * delta)


def bundle_cost(cameras, points, observations: list[Observation], prior=0.01) -> float:
    """Robust reprojection cost over all observations, with a weak prior on the points."""
    residuals: dict[int, list] = {}
    skipped = 0
    for obs in observations:
        try:
            predicted = project(cameras[obs.camera], points[obs.point])
        except ValueError:
            skipped += 1
            continue
        norm = np.linalg.norm(predicted - obs.xy)
        residuals.setdefault(obs.camera, []).append(huber(norm))
    cost = 0.0
    if skipped > len(observations) // 2:
        return np.inf
    for losses in residuals.values():
        cost += sum(losses) / len(losses)
    return cost + prior * np.sum(points**2)
